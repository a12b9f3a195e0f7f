using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Tests.Workers;

public sealed class RefusalNotesTests
{
    private readonly StringWriter _output = new() { NewLine = "\n" };

    [Fact]
    public void EachReasonIsSaidOnceAMinuteHoweverManyCall()
    {
        var notes = new RefusalNotes(_output);
        for (var second = 0; second < 60; second++)
        {
            notes.Note("of 10.0.0.1", CloseReason.CertificateExpired, TimeSpan.FromSeconds(second));
        }

        Assert.Equal("a tensor connection of 10.0.0.1 was refused: the other side's certificate is not valid now\n", _output.ToString());
        notes.Note("to node 3", CloseReason.CertificateUntrusted, TimeSpan.FromSeconds(59));
        notes.Note("of 10.0.0.2", CloseReason.CertificateExpired, TimeSpan.FromSeconds(60));
        Assert.Equal(3, _output.ToString().Split('\n').Length - 1);
    }

    [Fact]
    public void ASiloWithAnotherSecretIsNamed()
    {
        new RefusalNotes(_output).Note("of 10.0.0.1", CloseReason.WrongSecret, TimeSpan.Zero);
        Assert.Equal("a tensor connection of 10.0.0.1 was refused: the other side does not have this run's secret: its silo has another --secret-file\n", _output.ToString());
    }

    [Fact]
    public void TheOrdinaryEndOfAConnectionIsNotWorthALine()
    {
        new RefusalNotes(_output).Note("of node 2", CloseReason.PeerClosed, TimeSpan.Zero);
        Assert.Empty(_output.ToString());
    }
}
