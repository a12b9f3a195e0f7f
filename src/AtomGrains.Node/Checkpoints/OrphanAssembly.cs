using System.Runtime.InteropServices;
using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Data;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Partitions;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;

namespace AtomGrains.Node.Checkpoints;

/// <summary>
/// Makes a checkpoint of what orphaned nodes have left: of the newest step that any of them had reached, if every partition
/// is there at that step, or one step behind it with its reduced slice and the decision, which is applied then (PROTOCOL,
/// Records). Nothing is guessed: where a partition is missing, there is no such checkpoint.
/// </summary>
/// <param name="folder">The run folder.</param>
/// <param name="elements">Length of the flat vector.</param>
public sealed class OrphanAssembly(string folder, RunRecord run, int elements, FileRegister register, CheckpointStore store)
{
    private readonly string _orphans = Path.Combine(folder, OrphanRecord.FolderName);
    private readonly List<string> _notes = [];

    /// <summary>The decision that led to the checkpoint, whose metrics line may have died with its coordinator; null when there is none.</summary>
    public Decision? Led { get; private set; }

    /// <summary>Puts the checkpoint into the store and removes what it was made of; what there is to say of it.</summary>
    /// <exception cref="IOException">The store or the folder does not answer; a file that cannot be read is passed over.</exception>
    public IReadOnlyList<string> Run()
    {
        if (Directory.Exists(_orphans) && register.Newest() is { } newest)
        {
            var view = JsonSerializer.Deserialize(newest.Record, LocalJson.Default.View)!;
            var left = Read().Where(replica => replica.Header.Lineage == view.Lineage.Began.Value).ToList();
            if (left.Count > 0 && Assemble(view, left))
            {
                Directory.Delete(_orphans, recursive: true);
            }
        }

        return _notes;
    }

    private List<OrphanReplica> Read()
    {
        var found = new List<OrphanReplica>();
        foreach (var path in Directory.EnumerateFiles(_orphans, OrphanRecord.FileName, SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            try
            {
                var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), OrphanJson.Default.OrphanRecord);
                if (record is not { Format: OrphanRecord.CurrentFormat })
                {
                    throw new InvalidDataException($"it has format {record?.Format}; this version reads {OrphanRecord.CurrentFormat}");
                }

                found.AddRange(record.Slices.Select(slice => ReadSlice(Path.GetDirectoryName(path)!, slice, record)).OfType<OrphanReplica>());
            }
            catch (Exception error) when (error is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
            {
                _notes.Add($"{path} is of no use: {error.Message}");
            }
        }

        return found;
    }

    private OrphanReplica? ReadSlice(string own, OrphanSlice slice, OrphanRecord record)
    {
        try
        {
            return OrphanReplica.Read(own, slice, record.Parameters);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _notes.Add($"{Path.Combine(own, slice.File)} is of no use: {error.Message}");
            return null;
        }
    }

    private bool Assemble(View view, List<OrphanReplica> left)
    {
        var step = left.Max(replica => replica.Header.Step);
        if (left.Select(replica => replica.Header.Last).FirstOrDefault(last => last?.Step == step - 1) is not { } decision)
        {
            // The beginning of a lineage: where it began from is known without them.
            return false;
        }

        // What goes on may have another number of partitions; what is left has those of its lineage, whose bounds are fixed.
        var spec = run.Spec with { Partitions = view.Partitions.Length };
        var layout = new PartitionLayout(elements, spec.BlockElements, spec.Partitions);
        var chosen = layout.Partitions.Select(range => (Range: range, Replica: Choose(left, range, step, decision))).ToList();
        var missing = chosen.Where(entry => entry.Replica is null).Select(entry => entry.Range.Id).ToList();
        if (missing.Count > 0)
        {
            _notes.Add($"what the nodes left of step {step} lacks {string.Join(", ", missing)}: no use of it");
            return false;
        }

        var behind = chosen.Count(entry => entry.Replica!.Header.Step < step);
        var slices = chosen.Select(entry => Put(view, entry.Range, entry.Replica!, step, decision)).ToList();
        store.PutManifest(new ManifestFile
        {
            BitsClass = run.BitsClass,
            LedgerPosition = new FileInfo(Path.Combine(folder, RunFolder.FaultsFileName)) is { Exists: true } ledger ? ledger.Length : 0,
            Written = DateTimeOffset.UtcNow,
            Manifest = new CheckpointManifest
            {
                Lineage = view.Lineage,
                Step = step,
                Generation = view.Generation,
                DataPosition = SamplePlan.PositionOf(step, spec.GlobalBatch),
                OptimizerCount = decision.OptimizerCount,
                SkipsInRow = decision.SkipsInRow,
                Spec = spec,
                Slices = slices,
            },
        });
        Led = decision;
        _notes.Add($"step {step} is whole in what the nodes left when they ended{(behind > 0 ? $"; the decision of step {step - 1} was applied to {behind} partitions of it" : "")}");
        return true;
    }

    private static OrphanReplica? Choose(List<OrphanReplica> left, PartitionRange range, long step, Decision decision) =>
        left.Where(replica => replica.Header.Partition == range.Id.Value && replica.Header.FirstElement == range.FirstElement && replica.Header.Elements == range.Elements)
            .Where(replica => replica.Header.Step == step || (replica.Header.Step == step - 1 && (replica.HoldsReduced || decision.Kind == DecisionKind.Skip)))
            .MaxBy(replica => replica.Header.Step);

    private StoredSlice Put(View view, PartitionRange range, OrphanReplica replica, long step, Decision decision)
    {
        var state = replica.State(range, run.Spec, replica.Header.Step < step ? decision : null);
        var header = replica.Header with { Step = step, Generation = view.Generation.Value, Last = decision, ReducedLoss = null };
        return store.PutSlice(header, [SliceFile.Head(header), Bytes(state.Values), Bytes(state.FirstMoment), Bytes(state.SecondMoment)]);
    }

    private static byte[] Bytes(float[] numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(float)];
        SliceFile.Copy(numbers, bytes);
        return bytes;
    }
}
