using AtomGrains.Azure;
using AtomGrains.Chaos.Plans;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage.Objects;

namespace AtomGrains.Chaos.Machine;

/// <summary>The run folder and the store of one plan, on the disks that it needs, and what can be done to them.</summary>
internal sealed class PlanStore : IDisposable
{
    private const string Away = ".away";

    // Room for the run, and little enough to be filled in a moment.
    private const int MebibytesOfARun = 48;

    // All checkpoints of the largest plan: what newer ones have overtaken stays for a minute, for those who read it.
    private const int MebibytesOfCheckpoints = 64;

    private readonly ChaosMachine _machine;
    private readonly string _container;
    private readonly SmallDisk? _disk;

    /// <param name="folder">Of the plan; made if it is absent.</param>
    /// <param name="container">A name of its own in Azure, should it be needed.</param>
    public PlanStore(ChaosMachine machine, ChaosStore kind, string folder, string container)
    {
        _machine = machine;
        _container = container;
        Kind = kind;
        Directory.CreateDirectory(folder);
        RunFolder = Path.Combine(folder, "run");
        Folder = kind switch
        {
            ChaosStore.Own or ChaosStore.RunOnDisk => new CheckpointPlan().StoreFor(RunFolder),
            ChaosStore.Folder or ChaosStore.Disk => Path.Combine(folder, "store"),
            _ => null,
        };
        _disk = kind switch
        {
            ChaosStore.Disk => new SmallDisk(Folder!, MebibytesOfCheckpoints),
            ChaosStore.RunOnDisk => new SmallDisk(RunFolder, MebibytesOfARun),
            _ => null,
        };
    }

    public ChaosStore Kind { get; }

    public string RunFolder { get; }

    /// <summary>Of the checkpoints; null where they are in Azure.</summary>
    public string? Folder { get; }

    /// <summary>What <c>--store</c> has to say; nothing where the run's own folder will do.</summary>
    public IReadOnlyList<string> Options => Kind is ChaosStore.Own or ChaosStore.RunOnDisk ? [] : ["--store", Folder ?? Azurite.StoreOf(_container)];

    /// <summary>What the processes of the run need to know to get there, by variable.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        Kind == ChaosStore.Azurite ? new Dictionary<string, string> { [AzureStoreName.ConnectionVariable] = _machine.Azurite.ConnectionString } : new Dictionary<string, string>();

    public IObjectStore Open() => Folder is { } folder
        ? new DirectoryObjectStore(folder)
        : new AzureObjectStore(AzureStoreName.Parse(Azurite.StoreOf(_container)), _machine.Azurite.ConnectionString);

    /// <summary>Does to the store what the kind says.</summary>
    public void Strike(ChaosKind kind)
    {
        switch (kind)
        {
            case ChaosKind.StoreDown:
                // A file in its place: not even who owns everything can make a folder there.
                Directory.CreateDirectory(Folder!);
                Directory.Move(Folder!, Folder + Away);
                File.WriteAllText(Folder!, "");
                break;
            case ChaosKind.AzureDown:
                _machine.Azurite.Down();
                break;
            case ChaosKind.StoreSlow:
                _machine.Azurite.Freeze();
                break;
            case ChaosKind.DiskFull:
                _disk!.Fill();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "is not of a store");
        }
    }

    /// <summary>Takes it back.</summary>
    public void Heal(ChaosKind kind)
    {
        switch (kind)
        {
            case ChaosKind.StoreDown:
                File.Delete(Folder!);
                Directory.Move(Folder + Away, Folder!);
                break;
            case ChaosKind.AzureDown:
                _machine.Azurite.Up();
                break;
            case ChaosKind.StoreSlow:
                _machine.Azurite.Thaw();
                break;
            case ChaosKind.DiskFull:
                _disk!.Free();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "is not of a store");
        }
    }

    /// <summary>The disk goes, with what is on it: nobody may use it any more.</summary>
    public void Dispose() => _disk?.Dispose();
}
