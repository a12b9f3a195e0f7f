using System.Text;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Wire;
using AtomGrains.Silo.Health;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>What a silo's page says of runs that it does not coordinate.</summary>
public sealed class CatalogMetricsTests
{
    [Fact]
    public async Task OfEveryRunThatIsNeitherPausedNorOverAndOfNoneWhenTheCatalogCannotBeRead()
    {
        var catalog = new Catalog();
        using var exporter = new PrometheusExporter();
        using var metrics = new CatalogMetrics(catalog, every: TimeSpan.FromMilliseconds(20));
        var shown = new List<string>();
        await Shows("waits", "goes-on");
        Assert.Equal(["goes-on 2", "waits 3"], Wanted());
        catalog.IsAway = true;
        await Shows();
        Assert.Empty(Wanted());
        catalog.IsAway = false;
        await Shows("waits", "goes-on");

        Task Shows(params string[] runs) => Eventually.Holds(
            $"{string.Join(" and ", runs)} on the page",
            () => (shown = Shown()).Order().SequenceEqual(runs.Order()),
            () => string.Join(", ", shown));

        List<string> Shown() => [.. Series("atomgrains_run_unfinished{").Where(line => line.EndsWith(" 1", StringComparison.Ordinal)).Select(line => line.Split('"')[1])];

        IEnumerable<string> Wanted() => Series("atomgrains_run_devices_wanted{").Select(line => $"{line.Split('"')[1]} {line.Split(' ')[^1]}").Order();

        IEnumerable<string> Series(string name) => Encoding.UTF8.GetString(exporter.PageAsync(CancellationToken.None).GetAwaiter().GetResult()).Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal));
    }

    private sealed class Catalog : IRunCatalog
    {
        public volatile bool IsAway;

        public IReadOnlyList<RunEntry> List() => IsAway ? throw new IOException("the volume is away") :
        [
            Entry("waits", RunEntry.Waiting, 3), Entry("goes-on", RunEntry.Running, 2), Entry("rests", RunEntry.Paused), Entry("done", RunEntry.Finished), Entry("broken", RunEntry.Stopped),
        ];

        public bool? IsSame(RunRequest request) => throw new NotSupportedException();

        public RunNeeds Read(RunRequest request) => throw new NotSupportedException();

        public void Make(RunRequest request) => throw new NotSupportedException();

        public string? Adopt(string name) => throw new NotSupportedException();

        private static RunEntry Entry(string name, string state, int devices = 1) => new(new RunSummary(name, state, 0, 10, 1, DateTimeOffset.UnixEpoch, null), "cpu", "gpt", devices);
    }
}
