using System.Collections.Concurrent;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.Grains;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Control;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Storage.Objects;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;
using AtomGrains.Node.Workers;
using AtomGrains.Silo;
using AtomGrains.Silo.Children;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Silos of one run in this process, with everything real but the model.</summary>
internal sealed class InProcessCluster : IAsyncDisposable
{
    // Windows of the model's context, and the token after the last one. Each token is its own place.
    private static readonly int Context = new ModelSpec().Context;
    private static readonly long TrainTokens = (100 * Context) + 1;
    private static readonly long ValidationTokens = (20 * Context) + 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-cluster-").FullName;
    private readonly string _secret = RunSecret.Create().ToHex();
    private readonly string _runId = Guid.NewGuid().ToString("N");
    private readonly List<IHost> _silos = [];
    private readonly List<FakeRun> _parts = [];
    private readonly ConcurrentDictionary<(string? Thread, string? Grain), bool> _computedOn = [];
    private readonly int _workers;
    private readonly long _steps;
    private readonly Func<int, string> _hostOf;

    private InProcessCluster(int workers, long steps, Func<int, string> hostOf) => (_workers, _steps, _hostOf) = (workers, steps, hostOf);

    /// <summary>The tokens of a training sample.</summary>
    public static IEnumerable<long> TokensOf(long sample) => Enumerable.Range(0, Context + 1).Select(place => (long)(ushort)((sample * Context) + place));

    public IRunGrain Run => Grains.GetGrain<IRunGrain>(_runId);

    public string RunId => _runId;

    public IGrainFactory Grains => _silos[^1].Services.GetRequiredService<IGrainFactory>();

    /// <summary>As the silos were told; not quite the usual one.</summary>
    public static MembershipOptions Membership { get; } = new() { ProbeTimeout = TimeSpan.FromSeconds(0.75), MissedProbes = 4 };

    /// <summary>What Orleans has of one of the silos' options.</summary>
    public T OptionsOf<T>(int silo)
        where T : class => _silos[silo].Services.GetRequiredService<IOptions<T>>().Value;

    /// <summary>Node ids given so far.</summary>
    public int Nodes => new FileRegister(_folder, "nodes").Generations().Count;

    /// <summary>Every thread that has computed a lane: its name, and why it is one of those that grains have their turns on; null if it is none.</summary>
    public IReadOnlyCollection<(string? Thread, string? Grain)> ComputedOn => [.. _computedOn.Keys];

    /// <summary>The register, oldest first.</summary>
    public IReadOnlyList<View> Views
    {
        get
        {
            var register = new FileRegister(_folder);
            return [.. register.Generations().Select(generation => JsonSerializer.Deserialize(register.Read(generation), LocalJson.Default.View)!)];
        }
    }

    /// <summary>All steps decided so far.</summary>
    public IReadOnlyList<MetricsLine> Lines => File.Exists(Metrics) ? JsonLines.Read(Metrics, StorageJson.Default.MetricsLine) : [];

    /// <param name="broken">The silo on which no node can be made, until it is mended. Others of the run are there before it is asked for one.</param>
    public static async Task<InProcessCluster> Start(int workers, long steps, Action<ISiloBuilder>? configure = null, Func<int, string>? hostOf = null, int? broken = null)
    {
        var cluster = new InProcessCluster(workers, steps, hostOf ?? (_ => "one"));
        var tokens = Enumerable.Range(0, (int)(TrainTokens + ValidationTokens)).SelectMany(token => BitConverter.GetBytes((ushort)token));
        await File.WriteAllBytesAsync(Path.Combine(cluster._folder, TokenFileSource.FileName), [.. tokens]);
        for (var silo = 0; silo < workers; silo++)
        {
            var part = new FakeRun(cluster, silo) { Broken = silo == broken ? "the job's constructor has thrown" : null };
            cluster._parts.Add(part);
            cluster._silos.Add(SiloHost.Build(cluster.Orders(silo), part, configure));
        }

        var held = broken is { } one && workers > 1 ? cluster._parts[one] : null;
        held?.IsHeld = true;
        await Task.WhenAll(cluster._silos.Select(silo => silo.StartAsync()));
        if (held is not null)
        {
            await Eventually.Answers("the nodes of the other silos", async () => (await cluster.Run.Progress()).WaitingFor == $"devices: {workers - 1} of {workers}" ? "" : null);
            held.IsHeld = false;
        }

        return cluster;
    }

    /// <summary>The silo with an address; below zero when there is none any more.</summary>
    public int IndexOf(string silo) =>
        _silos.FindIndex(host => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString() == silo);

    /// <summary>Stops a silo as it is, its node included.</summary>
    public async Task Stop(int silo)
    {
        await _silos[silo].StopAsync();
        _silos[silo].Dispose();
        _silos.RemoveAt(silo);
    }

    /// <summary>A living node, which can be ended as if it had died.</summary>
    public SiloNode NodeOf(NodeId id) =>
        _silos.Select(silo => silo.Services.GetRequiredService<DeviceSlots>().All[0].Current).Single(node => node?.Id == id)!;

    /// <summary>Another coordinator of the same run, beside the run grain.</summary>
    public RunActor AnotherCoordinator(IRunOutput output) => new(Plan, output, Store);

    private CheckpointStore Store => new(new DirectoryObjectStore(Path.Combine(_folder, CheckpointPlan.FolderName)));

    /// <summary>Waits until a step has been decided.</summary>
    public Task Reaches(long step) => Eventually.Holds($"step {step}", () => Lines.Any(line => line.Step >= step));

    /// <summary>Waits for what has to come while the run goes on.</summary>
    public Task Holds(string awaited, Func<bool> state) => Eventually.Holds(awaited, () =>
    {
        var holds = state();
        GoesOn(awaited);
        return holds;
    });

    /// <summary>What is awaited has to come before the run is complete.</summary>
    public void GoesOn(string awaited)
    {
        if (End is { Stopped: null })
        {
            throw new RunEndedFirstException($"the run was complete before: {awaited}");
        }
    }

    /// <summary>Part of a test that the run has to outlive: whatever came of it proves nothing when the run has not.</summary>
    public async Task While(string what, Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (Exception exception) when (End is { Stopped: null })
        {
            throw new RunEndedFirstException($"the run was complete before: {what}\n{exception}");
        }

        GoesOn(what);
    }

    /// <summary>How the run ends cannot be written down any more: a file cannot replace a folder.</summary>
    public void HoldUpTheEnd()
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(_folder, RunEnd.FileName));
        }
        catch (IOException) when (End is not null)
        {
            throw new RunEndedFirstException("the run was over before its end could be held up");
        }
    }

    public void LetItEnd() => Directory.Delete(Path.Combine(_folder, RunEnd.FileName));

    /// <summary>How the run ended; null while it goes on.</summary>
    public RunEnd? End => RunEnd.Read(_folder);

    public async Task<RunReport> Finish()
    {
        // A busy machine may be long about it, and still gets on.
        while (End is null)
        {
            var written = Written();
            await Eventually.Holds("another step, or the end of the run", () => End is not null || Written() > written);
        }

        Assert.Null(End.Stopped);
        return End.Report;

        long Written() => File.Exists(Metrics) ? new FileInfo(Metrics).Length : 0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.StopAsync();
            silo.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // A grain's turn is on a thread of the pool, under a scheduler of its own.
    private void NoteThread()
    {
        var (thread, scheduler) = (Thread.CurrentThread, TaskScheduler.Current);
        var grain = thread.IsThreadPoolThread ? "a thread of the pool" : scheduler != TaskScheduler.Default ? $"{scheduler.GetType().Name}" : null;
        _computedOn.TryAdd((thread.Name, grain), true);
    }

    private string Metrics => Path.Combine(_folder, RunFolder.MetricsFileName);

    private RunPlan Plan => new()
    {
        RunId = _runId,
        Spec = new RunSpec
        {
            Lanes = 8,
            GlobalBatch = 8,
            Partitions = 4,
            Steps = _steps,
            BlockElements = 64,
            Model = new ModelSpec(),
            Optimizer = new OptimizerSpec { DecaySteps = _steps },
            Evaluation = new EvaluationSpec { Every = 0, Batches = 2 },
            Data = new DataSpec { TrainSamples = 100, ValidationSamples = 20, TrainTokens = TrainTokens, ValidationTokens = ValidationTokens },
        },
        Folder = _folder,
        Elements = FakeStepLoop.Elements,
        Settings = Settings,
        Before = Generation.None,
        Program = "program",
    };

    private RunSettings Settings => new() { Workers = _workers, Grace = TimeSpan.FromSeconds(20) };

    private SiloOrders Orders(int ordinal) => new()
    {
        RunId = _runId,
        RunFolder = _folder,
        Secret = _secret,
        Ordinal = ordinal,
        Host = _hostOf(ordinal),
        Devices = ["cpu"],
        Listen = "127.0.0.1",
        Elements = FakeStepLoop.Elements,
        Settings = Settings,
        Before = Generation.None,
        Program = "program",
        BitsClass = "test",
        Membership = Membership,
        OrphanGrace = TimeSpan.FromSeconds(5),
    };

    /// <summary>A silo's part in the run.</summary>
    public FakeRun PartOf(int silo) => _parts[silo];

    internal sealed class FakeRun(InProcessCluster cluster, int ordinal) : ISiloRun
    {
        private readonly RestsFromRun _rests = new();
        private long _now;
        private int _started;
        private int _asked;

        /// <summary>Why no node can be made here; null where it can.</summary>
        public string? Broken { get; set; }

        /// <summary>It rests, whatever it has tried.</summary>
        public bool IsHeld { get; set; }

        /// <summary>How often a node was to be made.</summary>
        public int Started => Volatile.Read(ref _started);

        /// <summary>How often the silo has looked whether it rests: before each offer.</summary>
        public int Asked => Volatile.Read(ref _asked);

        /// <summary>As the silo's patience has it; time stands still unless it is told to go on.</summary>
        public TimeSpan Now => TimeSpan.FromTicks(Volatile.Read(ref _now));

        public bool IsResting
        {
            get
            {
                Interlocked.Increment(ref _asked);
                return IsHeld || _rests.IsResting(Now);
            }
        }

        public void Wait(TimeSpan time) => Interlocked.Add(ref _now, time.Ticks);

        public string? NotStarted(string error) => _rests.NotStarted(error, Now);

        public void Ready() => _rests.Ready();

        public void Decided(long step) => _rests.Decided(step);

        public RunPlan Plan => cluster.Plan;

        public string Program => "program";

        public string Secret => cluster._secret;

        public string Host => cluster._hostOf(ordinal);

        public string Listen => "127.0.0.1";

        public TlsFiles? Tls => null;

        public CheckpointStore Store => cluster.Store;

        public INodeBody CreateNode(NodePlace place, int? child, INodeOwner owner)
        {
            Interlocked.Increment(ref _started);
            return Broken is { } reason ? throw new InvalidOperationException(reason) : new NodeThread(place, Plan, new NodeModel(() => new FakeStepLoop(cluster.NoteThread), (_, flat) => FakeStepLoop.Export(flat)), owner, Store);
        }

        public void EndFailed(Exception error) => Environment.FailFast("a node failed", error);
    }
}
