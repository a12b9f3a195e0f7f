using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AtomGrains.Commands;

/// <summary>
/// Ctrl-C and SIGTERM ask a command to end; it then completes its files. The second Ctrl-C ends the process at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    // A terminal tells parent and child alike, and the parent passes it on: for the child that is one request. Nobody
    // who has lost patience is that quick.
    private static readonly TimeSpan OneRequest = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _asked;

    public Interrupt() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask),
    ];

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Ask(PosixSignalContext signal)
    {
        var first = Interlocked.CompareExchange(ref _asked, Stopwatch.GetTimestamp(), 0);
        signal.Cancel = first == 0 || Stopwatch.GetElapsedTime(first) < OneRequest;
        _source.Cancel();
    }
}
