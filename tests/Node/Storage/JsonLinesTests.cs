using System.Text;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Tests.Storage;

public sealed class JsonLinesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Lines => _folder.File("metrics.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ALineHasTheContractsNames()
    {
        using (var writer = Open())
        {
            writer.Append(Line(3, 0.1));
        }

        Assert.Equal(
            """{"step":3,"loss":0.1,"loss_bits":"3fb999999999999a","tokens":4096,"seconds":{"pull":1,"compute":2,"push":3,"seal":4,"apply":5},"lr":0.001,"grad_norm":null,"skipped":false,"generation":2,"lineage":1,"root":null}""" + "\n",
            File.ReadAllText(Lines));
    }

    [Fact]
    public void WhoReadsOnGetsEachWholeLineOnce()
    {
        var offset = 0L;
        using (var writer = Open())
        {
            writer.Append(Line(0, 1.5));
            writer.Append(Line(1, 2.5));
            Assert.Equal([0L, 1], JsonLines.ReadOn(Lines, StorageJson.Default.MetricsLine, ref offset).Select(line => line.Step));
            Assert.Empty(JsonLines.ReadOn(Lines, StorageJson.Default.MetricsLine, ref offset));
            writer.Append(Line(2, 3.5));
        }

        File.AppendAllText(Lines, "{\"step\":");
        Assert.Equal([2L], JsonLines.ReadOn(Lines, StorageJson.Default.MetricsLine, ref offset).Select(line => line.Step));
        Assert.Empty(JsonLines.ReadOn(Lines, StorageJson.Default.MetricsLine, ref offset));
    }

    [Fact]
    public void WhoReadsOnGetsALongFileInParts()
    {
        using (var writer = Open())
        {
            for (var step = 0; step < 10; step++)
            {
                writer.Append(Line(step, 0.5));
            }
        }

        var (offset, steps, most) = (0L, new List<long>(), (int)new FileInfo(Lines).Length / 3);
        for (IReadOnlyList<MetricsLine> part; (part = JsonLines.ReadOn(Lines, StorageJson.Default.MetricsLine, ref offset, most)).Count > 0;)
        {
            Assert.InRange(part.Count, 1, 4);
            steps.AddRange(part.Select(line => line.Step));
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(step => (long)step), steps);
    }

    [Fact]
    public void OfTwoWritersNeitherTakesALineFromTheOther()
    {
        using var first = Open();
        first.Append(Line(0, 0.123456789));
        using var second = Open();
        second.Append(Line(1, 1));
        first.Append(Line(2, 0.5));
        second.Append(Line(3, 0.123456789));
        Assert.Equal([0L, 1, 2, 3], JsonLines.Read(Lines, StorageJson.Default.MetricsLine).Select(line => line.Step));
    }

    [Fact]
    public void AWriterWhoseSuccessorHasWrittenWritesNoMore()
    {
        using var first = new JsonLinesWriter<MetricsLine>(Lines, StorageJson.Default.MetricsLine, sync: true, isOver: () => true);
        first.Append(Line(0, 1));
        Assert.False(first.IsOver);
        using var second = Open();
        second.Append(Line(1, 1));
        first.Append(Line(1, 1));
        Assert.True(first.IsOver);
        Assert.Equal([0L, 1], JsonLines.Read(Lines, StorageJson.Default.MetricsLine).Select(line => line.Step));
    }

    [Fact]
    public void AStreamGivesTheWholeLinesHoweverLongTheyAreAndHoweverTheyLieInItsBuffer()
    {
        using (var writer = Open())
        {
            for (var step = 0; step < 1000; step++)
            {
                writer.Append(Line(step, 0.1 * step) with { LossBits = new string('0', step == 500 ? 200_000 : step % 97) });
            }
        }

        File.AppendAllText(Lines, "{\"step\":");
        Assert.Equal(JsonLines.Read(Lines, StorageJson.Default.MetricsLine), JsonLines.Stream(Lines, StorageJson.Default.MetricsLine));
    }

    [Fact]
    public void EveryCutOfTheFileLosesOnlyTheTornLine()
    {
        using (var writer = Open())
        {
            writer.Append(Line(0, 1.5));
            writer.Append(Line(1, 2.5));
        }

        var whole = File.ReadAllBytes(Lines);
        var first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(Lines, whole[..cut]);
            var kept = cut < first ? 0 : cut < whole.Length ? 1 : 2;
            Assert.Equal(kept, JsonLines.Read(Lines, StorageJson.Default.MetricsLine).Count);
            using (var writer = Open())
            {
                Assert.Equal(cut - (kept == 0 ? 0 : kept == 1 ? first : whole.Length), writer.TornBytes);
                writer.Append(Line(9, 3.5));
            }

            var steps = JsonLines.Read(Lines, StorageJson.Default.MetricsLine).Select(line => line.Step);
            Assert.Equal([.. Enumerable.Range(0, kept).Select(step => (long)step), 9], steps);
        }
    }

    [Fact]
    public void ATornLineLongerThanAChunkIsRemovedWhole()
    {
        File.WriteAllBytes(Lines, [.. "{}\n"u8.ToArray(), .. Enumerable.Repeat((byte)'x', 10_000)]);
        using var writer = Open();
        Assert.Equal(10_000, writer.TornBytes);
    }

    [Fact]
    public void ABadLineInTheMiddleIsNamedAndNotSkipped()
    {
        using (var writer = Open())
        {
            writer.Append(Line(0, 1));
        }

        File.AppendAllText(Lines, "nonsense\n");
        var error = Assert.Throws<InvalidDataException>(() => JsonLines.Read(Lines, StorageJson.Default.MetricsLine));
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileBeingWrittenCanBeRead()
    {
        using var writer = Open();
        writer.Append(Line(0, 1));
        Assert.Single(JsonLines.Read(Lines, StorageJson.Default.MetricsLine));
    }

    [Fact]
    public void LossesThatAreNoNumbersKeepTheirBits()
    {
        Assert.Null(MetricsLine.FiniteOrNull(double.NaN));
        Assert.Null(MetricsLine.FiniteOrNull(double.NegativeInfinity));
        Assert.Equal("7ff0000000000000", MetricsLine.BitsOf(double.PositiveInfinity));
        Assert.Equal("8000000000000000", MetricsLine.BitsOf(-0.0));
    }

    [Fact]
    public void AFaultLineHasTheContractsNames()
    {
        var line = new FaultLine
        {
            Ts = DateTimeOffset.UnixEpoch,
            Kind = "kill",
            Role = "node",
            Who = "n2 worker 1",
            Step = 7,
            GenerationBefore = 1,
            GenerationAfter = 2,
            StepsRedone = 0,
            LanesRedone = 4,
            Seconds = new RecoverySeconds(0.1, 0.2, 0.3, 0.4, 0.5),
        };
        Assert.Equal(
            """{"schema":1,"ts":"1970-01-01T00:00:00+00:00","kind":"kill","role":"node","who":"n2 worker 1","step":7,"generation_before":1,"generation_after":2,"steps_redone":0,"lanes_redone":4,"seconds":{"detect":0.1,"fence":0.2,"reassign":0.3,"transfer":0.4,"replay":0.5},"detail":null}""",
            Encoding.UTF8.GetString(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(line, StorageJson.Default.FaultLine)));
    }

    private static MetricsLine Line(long step, double loss) => new()
    {
        Step = step,
        Loss = loss,
        LossBits = MetricsLine.BitsOf(loss),
        Tokens = 4096,
        Seconds = new StepSeconds(1, 2, 3, 4, 5),
        Lr = 1e-3,
        GradNorm = null,
        Skipped = false,
        Generation = 2,
        Lineage = 1,
    };

    private JsonLinesWriter<MetricsLine> Open() => new(Lines, StorageJson.Default.MetricsLine, sync: true);
}
