using Microsoft.Extensions.Hosting;

namespace AtomGrains.Clustering;

/// <summary>Signals are the command's own, a silo's or a client's: its host stops when it is told to, not at the first signal.</summary>
public sealed class NoConsoleLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
