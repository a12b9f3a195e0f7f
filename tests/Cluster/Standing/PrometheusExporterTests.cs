using System.Globalization;
using System.Text;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Audits;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Node.Telemetry;
using AtomGrains.Silo.Health;

namespace AtomGrains.Cluster.Tests.Standing;

/// <summary>A silo's page, by prometheus-net, and the embedded host's, by a writer of its own, say the same of the same meter.</summary>
public sealed class PrometheusExporterTests : IDisposable
{
    private static readonly Lineage First = new(new Generation(1));

    private readonly object _scope = new();
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly MetricsPage _embedded;
    private readonly PrometheusExporter _exporter = new();
    private readonly RunMetrics _metrics;

    public PrometheusExporterTests()
    {
        _embedded = new MetricsPage(_scope);
        _metrics = new RunMetrics(samplesPerStep: 8, tokensPerSample: 32, now: TimeSpan.Zero, _scope, _run);
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _exporter.Dispose();
        _embedded.Dispose();
    }

    [Fact]
    public async Task BothPagesHaveTheSameNamesTypesLabelsAndValues()
    {
        using var unfinished = new UnfinishedRuns(() => [new UnfinishedRun(_run, 3)], _scope);
        await AreEqual("before the first step");
        Everything();
        await AreEqual("with every metric");

        // Every name of the contract was on the pages that were compared.
        var names = typeof(MetricNames).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)
            .Except([MetricNames.Meter, MetricNames.Run, MetricNames.Phase, MetricNames.Kind, MetricNames.Role, MetricNames.Reason, MetricNames.Source, MetricNames.Result, MetricNames.Direction]);
        Assert.Equal(names.Select(name => $"{MetricNames.Meter}_{name}").Order(), Page(_embedded.Write()).Keys.Where(key => key.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(key => key[7..]).Order());
    }

    [Fact]
    public async Task APageThatIsAskedForWhileARunComesOrGoesIsWhole()
    {
        using var over = new CancellationTokenSource();
        var runs = Task.Run(() =>
        {
            for (var run = 0; !over.IsCancellationRequested; run++)
            {
                new RunMetrics(samplesPerStep: 8, tokensPerSample: 32, now: TimeSpan.Zero, new object(), $"{_run}-{run}").Dispose();
            }
        });
        try
        {
            for (var page = 0; page < 20_000; page++)
            {
                await _exporter.PageAsync(CancellationToken.None);
            }
        }
        finally
        {
            await over.CancelAsync();
            await runs;
        }

        await AreEqual("what stays");
    }

    [Fact]
    public async Task WhatANewLookGivesIsLessThanTheLastIsLessOnBoth()
    {
        Everything();
        await AreEqual("a first look");
        _metrics.Observe(new RunGauges(1, 1, 9, new NodeCounters(DuplicatePushesRejected: 1)), held: 1, TimeSpan.FromSeconds(9));
        await AreEqual("a smaller one, without an age of a checkpoint");
        Assert.DoesNotContain("checkpoint_age_steps", await Own(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARunThatEndedIsNotOnThePage()
    {
        Everything();
        Assert.Contains(_run, await Own(), StringComparison.Ordinal);
        _metrics.Dispose();
        Assert.DoesNotContain(_run, await Own(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunsOfOneProcessAreToldApartByTheirIds()
    {
        using var other = new RunMetrics(1, 1, TimeSpan.Zero, new object(), _run + "-other");
        other.Fault("crash", "node");
        _metrics.Fault("crash", "node");
        _metrics.Fault("crash", "node");
        var page = Page(await Own());
        Assert.Equal((2.0, 1.0), (page[Series(_run)], page[Series(_run + "-other")]));

        static string Series(string run) => $"atomgrains_faults_total{{kind=\"crash\",role=\"node\",run=\"{run}\"}}";
    }

    [Fact]
    public async Task TheProcessesStartIsOnThePageByWhichAlertsTellACrashLoop() =>
        Assert.Contains(ProcessStart.Text, Encoding.UTF8.GetString(await _exporter.PageAsync(CancellationToken.None)), StringComparison.Ordinal);

    private void Everything()
    {
        _metrics.Fault("kill", "node");
        _metrics.Fault("a\"b\\c\nd", "node");
        _metrics.Recovered([("detect", 0.03), ("replay", 100), ("transfer", 1), ("fence", 0.001), ("reassign", 1e-7)]);
        _metrics.Stored(new SliceStored(Decided(9, DecisionKind.Commit), new StoredSlice(new PartitionId(0), 0, 4, "slice", 48, "hash"), BlockedSeconds: 0.002, WriteSeconds: 0.3));
        _metrics.LeaveNoticed();
        _metrics.Observe(new RunGauges(2, 2, 1, new NodeCounters()), held: 2, TimeSpan.Zero);
        _metrics.ViewInstalled(workers: 2);
        _metrics.Decided(Decided(0, DecisionKind.Commit), [("pull", 0.001), ("compute", 0.7)], TimeSpan.FromSeconds(2));
        _metrics.Timed(new StepTimed(1, 0, 0.4, 0, 0));
        _metrics.Timed(new StepTimed(1, 0, 0.6, 0, 0));
        _metrics.Decided(Decided(1, DecisionKind.Commit), [("pull", 61)], TimeSpan.FromSeconds(4));
        _metrics.Decided(Decided(2, DecisionKind.Skip), [], TimeSpan.FromSeconds(5));
        var counters = new NodeCounters(LanesRecomputed: 3, DuplicatePushesRejected: 5, StaleGenerationRejected: 6, ReplicaMismatches: 7, BytesSent: 1L << 50, BytesReceived: 12, SamplesFromHolders: 13, SamplesFromFile: 14);
        _metrics.Observe(new RunGauges(3, 4, 7, counters, CheckpointAge: 8, new AuditCounts(20, 1, 2, 3)), held: 4, TimeSpan.FromSeconds(6));
    }

    private static Decision Decided(long step, DecisionKind kind) =>
        new(First, step, kind, new UpdateScalars(1, 1, 1, 1), 2.5, 1, step, 0, DecisionDigest.Genesis(First));

    private async Task AreEqual(string when)
    {
        var (expected, actual) = (Page(_embedded.Write()), Page(await Own()));
        Assert.True(expected.Count > 20, when);
        Assert.Equal(expected, actual);
    }

    /// <summary>The exporter's page without the runs of other tests.</summary>
    private async Task<string> Own()
    {
        var lines = Encoding.UTF8.GetString(await _exporter.PageAsync(CancellationToken.None)).Split('\n');
        return string.Join('\n', lines.Where(line => line.StartsWith('#') || line.Contains(_run, StringComparison.Ordinal)));
    }

    // Each family's help and type, and each series, labels in one order, with its value.
    private static SortedDictionary<string, object> Page(string page)
    {
        var read = new SortedDictionary<string, object>(StringComparer.Ordinal);
        var lines = page.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines.Where(line => !line.StartsWith('#')))
        {
            var end = line.LastIndexOf(' ');
            var brace = line.IndexOf('{', StringComparison.Ordinal);
            IEnumerable<string> labels = brace < 0 ? [] : line[(brace + 1)..(end - 1)].Split("\",").Select(label => label.TrimEnd('"') + "\"").Order(StringComparer.Ordinal);
            read.Add($"{line[..(brace < 0 ? end : brace)]}{{{string.Join(',', labels)}}}", double.Parse(line[(end + 1)..], CultureInfo.InvariantCulture));
        }

        // Of families with a series: those of other runs leave theirs.
        foreach (var words in lines.Where(line => line.StartsWith('#')).Select(line => line.Split(' ', 4)))
        {
            if (read.Keys.Any(key => key.StartsWith(words[2] + "{", StringComparison.Ordinal) || key.StartsWith(words[2] + "_count{", StringComparison.Ordinal)))
            {
                read.Add($"# {words[1]} {words[2]}", words[3]);
            }
        }

        return read;
    }
}
