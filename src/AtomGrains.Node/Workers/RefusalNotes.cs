using AtomGrains.Node.Transport;

namespace AtomGrains.Node.Workers;

/// <summary>
/// A line for the operator about whose tensor connection did not come about for what the other side could not prove, and why. Each reason once a
/// minute at most: a stranger may call a thousand times a second. Any thread.
/// </summary>
internal sealed class RefusalNotes(TextWriter output)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<CloseReason, TimeSpan> _said = [];

    /// <param name="which">Of or to whom the connection was.</param>
    /// <param name="now">On a clock of the caller's.</param>
    public void Note(string which, CloseReason reason, TimeSpan now)
    {
        if (Why(reason) is not { } why)
        {
            return;
        }

        lock (_said)
        {
            if (_said.TryGetValue(reason, out var at) && now - at < Pause)
            {
                return;
            }

            _said[reason] = now;
        }

        output.WriteLine($"a tensor connection {which} was refused: {why}");
    }

    private static string? Why(CloseReason reason) => reason switch
    {
        CloseReason.NotEncrypted => "the caller does not speak TLS",
        CloseReason.CertificateMissing => "the other side shows no certificate",
        CloseReason.CertificateUntrusted => "the other side's certificate is of none of this cluster's authorities",
        CloseReason.CertificateExpired => "the other side's certificate is not valid now",
        CloseReason.TlsFailed => "what the other side says is not TLS 1.3",
        CloseReason.TlsBroken => "what came is not what was sent",
        CloseReason.WrongSecret => "the other side does not have this run's secret: its silo has another --secret-file",
        CloseReason.NotAMessage => "it sent a frame that is no message of this run",
        CloseReason.HandshakeRefused => "the other side ended it; its log says why",
        _ => null,
    };
}
