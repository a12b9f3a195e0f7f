using Microsoft.Extensions.Hosting;

namespace AtomGrains.Silo;

/// <summary>Signals are the silo command's: the host stops when it is told to, not at the first signal.</summary>
internal sealed class NoConsoleLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
