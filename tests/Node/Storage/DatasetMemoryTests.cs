using System.Globalization;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Tests.Transport;

namespace AtomGrains.Node.Tests.Storage;

/// <summary>What reading a dataset costs in memory, by the kernel's count of this process.</summary>
[Collection(nameof(WholeProcess))]
public sealed class DatasetMemoryTests : IDisposable
{
    private const long Tokens = 32 << 20;
    private const int Context = 1023;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadingAWholeDatasetKeepsNoneOfItInTheProcess()
    {
        using (var file = new FileStream(_folder.File(TokenFileSource.FileName), FileMode.CreateNew))
        {
            file.SetLength(Tokens * sizeof(ushort));
        }

        var spec = new RunSpec
        {
            Model = new ModelSpec { Context = Context },
            Optimizer = new OptimizerSpec(),
            Evaluation = new EvaluationSpec(),
            Data = new DataSpec { TrainTokens = Tokens, TrainSamples = TokenizedCorpus.Samples(Tokens, Context) },
        };
        using var source = TokenFileSource.OpenTraining(_folder.Path, spec);
        var window = new long[source.TokensPerSample];
        source.Read(0, window);
        var before = ResidentBytes();
        for (var sample = 0L; sample < source.Count; sample++)
        {
            source.Read(sample, window);
        }

        var grown = ResidentBytes() - before;
        Assert.True(grown < Tokens * sizeof(ushort) / 4, $"{grown} bytes more are resident");
    }

    // What is mapped from files, and what is anonymous. Source: proc(5).
    private static long ResidentBytes() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line[6..^2].Trim(), CultureInfo.InvariantCulture) * 1024);
}
