using System.Collections.Immutable;
using System.Net;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Runs;
using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Where a worker's grain lives, as Orleans asks for it.</summary>
public class DevicePlacementDirectorTests
{
    private const long GiB = 1L << 30;

    private static readonly SiloDevices Processor = new("cpu", 1, 8 * GiB, "host");
    private static readonly SiloDevices Gpu = new("cuda", 1, 80 * GiB, "host");

    [Fact]
    public async Task AWorkerLivesWhereTheRunGrainHasChosenHoweverMuchOthersHave()
    {
        var cluster = new Silos(Processor, Processor with { MemoryBytes = 64 * GiB });
        Assert.Equal(cluster[0], await cluster.Place("cpu", hint: cluster[0]));
    }

    [Fact]
    public async Task AChosenSiloThatIsGoneOrOfAnotherVersionIsNotInsistedOn()
    {
        var cluster = new Silos(Processor, Processor) { Incompatible = { 0 } };
        Assert.Equal(cluster[1], await cluster.Place("cpu", hint: cluster[0]));
    }

    [Fact]
    public async Task WithoutAChoiceItIsTheSiloOfTheRunsKindWithTheMostMemory()
    {
        var cluster = new Silos(Processor, Gpu, Processor with { MemoryBytes = 9 * GiB }, Processor);
        Assert.Equal(cluster[2], await cluster.Place("cpu"));
        Assert.Equal(cluster[1], await cluster.Place("cuda"));
    }

    [Fact]
    public async Task OfSilosThatHaveTheSameEveryoneChoosesTheSame()
    {
        var cluster = new Silos(Processor, Processor, Processor);
        Assert.Equal(cluster[0], await cluster.Place("cpu"));
        Assert.Equal(cluster[0], await cluster.Place("cpu", backwards: true));
    }

    [Fact]
    public async Task SilosThatTheCallIsNotCompatibleWithAreNoneHoweverMuchTheyHave()
    {
        var cluster = new Silos(Processor, Processor with { MemoryBytes = 64 * GiB }) { Incompatible = { 1 } };
        Assert.Equal(cluster[0], await cluster.Place("cpu"));
    }

    [Fact]
    public async Task ASiloThatIsNoneOfOursOrHasNoDeviceIsNone()
    {
        var cluster = new Silos(null, Gpu with { Count = 0, MemoryBytes = 100 * GiB }, Gpu);
        Assert.Equal(cluster[2], await cluster.Place("cuda"));
        Assert.Equal(cluster[2], await cluster.Place(kind: null));
    }

    [Fact]
    public async Task OfARunThatIsNotThereAnyMoreAnyKindWillDo()
    {
        var cluster = new Silos(Processor, Gpu);
        Assert.Equal(cluster[1], await cluster.Place(kind: null));
    }

    [Fact]
    public async Task WhereNoSiloHasWhatIsNeededTheCallFailsInWordsAndIsNotPlacedElsewhere()
    {
        var cluster = new Silos(Processor, null, Gpu) { Incompatible = { 2 } };
        var refused = await Assert.ThrowsAsync<OrleansException>(() => cluster.Place("cuda"));
        Assert.StartsWith("no silo with a device of kind cuda is there for ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("/run/7", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<OrleansException>(() => new Silos().Place(kind: null));
        Assert.StartsWith("no silo with a device of kind any is there for ", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Silos of a cluster, as a director sees them.</summary>
    /// <param name="has">What each says of itself; null for one that is none of ours.</param>
    private sealed class Silos(params SiloDevices?[] has) : ISiloMetadataCache, IPlacementContext
    {
        private bool _backwards;

        /// <summary>Those that a call of the grain cannot go to.</summary>
        public HashSet<int> Incompatible { get; } = [];

        public SiloAddress this[int silo] => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11111 + silo), 1);

        public SiloAddress LocalSilo => this[0];

        public SiloStatus LocalSiloStatus => SiloStatus.Active;

        /// <param name="kind">Of the run; null where there is no such run.</param>
        /// <param name="backwards">Orleans may name the silos in any order.</param>
        public Task<SiloAddress> Place(string? kind, SiloAddress? hint = null, bool backwards = false)
        {
            _backwards = backwards;
            var request = hint is null ? null : new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = hint };
            var grain = GrainId.Create("worker", RunKeys.Node("run", 7));
            return new DevicePlacementDirector(this, new Runs(kind))
                .OnAddActivation(new DevicePlacement(), new PlacementTarget(grain, request!, GrainInterfaceType.Create("worker"), 0), this);
        }

        public SiloAddress[] GetCompatibleSilos(PlacementTarget target)
        {
            var silos = Enumerable.Range(0, has.Length).Where(silo => !Incompatible.Contains(silo)).Select(silo => this[silo]);
            return [.. _backwards ? silos.Reverse() : silos];
        }

        public IReadOnlyDictionary<ushort, SiloAddress[]> GetCompatibleSilosWithVersions(PlacementTarget target) => throw new NotSupportedException();

        public SiloMetadata GetSiloMetadata(SiloAddress siloAddress)
        {
            var said = has[siloAddress.Endpoint.Port - 11111]?.ToMetadata() ?? new Dictionary<string, string> { ["other"] = "1" };
            var metadata = new SiloMetadata();

            // Orleans has it set by the silo's own builder alone.
            typeof(SiloMetadata).GetProperty(nameof(SiloMetadata.Metadata))!.SetValue(metadata, said.ToImmutableDictionary());
            return metadata;
        }
    }

    private sealed class Runs(string? kind) : ISiloRuns
    {
        public ISiloRun? Find(string runId) => kind is null || runId != "run" ? null : new Run(kind);
    }

    /// <summary>A run of which nothing but the plan is asked.</summary>
    private sealed class Run(string kind) : ISiloRun
    {
        public RunPlan Plan => new()
        {
            RunId = "run",
            Spec = new RunSpec { DeviceKind = kind, Model = new ModelSpec(), Optimizer = new OptimizerSpec(), Evaluation = new EvaluationSpec(), Data = new DataSpec() },
            Folder = "",
            Elements = 1,
            Settings = new RunSettings { Workers = 1 },
            Before = Generation.None,
            Program = "program",
        };

        public string Program => throw new NotSupportedException();

        public string Secret => throw new NotSupportedException();

        public string Host => throw new NotSupportedException();

        public string Listen => throw new NotSupportedException();

        public TlsFiles? Tls => throw new NotSupportedException();

        public CheckpointStore Store => throw new NotSupportedException();

        public bool IsResting => throw new NotSupportedException();

        public string? NotStarted(string error) => throw new NotSupportedException();

        public void Ready() => throw new NotSupportedException();

        public void Decided(long step) => throw new NotSupportedException();

        public INodeBody CreateNode(NodePlace place, int? child, INodeOwner owner) => throw new NotSupportedException();

        public void EndFailed(Exception error) => throw new NotSupportedException();
    }
}
