using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;

namespace AtomGrains.Core.Protocol.Partitions;

/// <summary>
/// Parameters and moments of one partition at one version, and the reduced slice of the step at hand if there is
/// one. A joiner's blocks arrive one by one, so each block has a version of its own; in a full replica they agree.
/// </summary>
public sealed class ReplicaState(PartitionRange range, ParameterLayout parameters, AdamW optimizer, FloatPool pool)
{
    private readonly long?[] _blockVersions = new long?[range.Blocks];
    private readonly IReadOnlyList<(Range Elements, bool Decay)>[] _segments = [.. Enumerable.Range(0, range.Blocks).Select(block => Segments(range, parameters, block))];
    private SliceDigest? _valuesDigest;

    public float[] Values { get; } = new float[range.Elements];

    public float[] FirstMoment { get; } = new float[range.Elements];

    public float[] SecondMoment { get; } = new float[range.Elements];

    public Lineage Lineage { get; private set; }

    /// <summary>The step whose parameters these are; null before a joiner heard anything.</summary>
    public long? Version { get; private set; }

    public DecisionDigest Digest { get; private set; }

    public Decision? Last { get; private set; }

    public ReducedSlice? Reduced { get; private set; }

    /// <summary>Fingerprint of the slice that the last decision applied, if this replica held one.</summary>
    public SliceDigest? LastReduced { get; private set; }

    /// <summary>Fingerprint of the parameters, computed once a version.</summary>
    public SliceDigest ValuesDigest => _valuesDigest ??= SliceDigest.Of(Values);

    public StepKey Key => new(Lineage, Version ?? throw new InvalidOperationException($"{range.Id} has no version yet"), Digest);

    public bool IsComplete => Version is { } version && _blockVersions.All(held => held == version);

    public IEnumerable<int> StaleBlocks => Enumerable.Range(0, range.Blocks).Where(block => _blockVersions[block] is not { } held || held < Version);

    /// <summary>Starts a lineage from its initial parameters ([elements] float32).</summary>
    public void Begin(Lineage lineage, ReadOnlySpan<float> initial)
    {
        Reset(lineage);
        Version = 0;
        Digest = DecisionDigest.Genesis(lineage);
        initial.CopyTo(Values);
        Array.Clear(FirstMoment);
        Array.Clear(SecondMoment);
        _valuesDigest = null;
        Array.Fill(_blockVersions, 0);
    }

    /// <summary>Starts a lineage from a version of an older one.</summary>
    public void Begin(Lineage lineage, long version, SliceContent content)
    {
        Begin(lineage, content.Values.Span);
        content.FirstMoment.Span.CopyTo(FirstMoment);
        content.SecondMoment.Span.CopyTo(SecondMoment);
        Version = version;
        Array.Fill(_blockVersions, version);
    }

    /// <summary>
    /// Drops everything; what follows comes from a primary, whole blocks at a time. So nothing is cleared: the system gives memory
    /// when it is touched for the first time, and a joiner adopts its view while workers wait for what its node is primary of.
    /// </summary>
    public void Reset(Lineage lineage)
    {
        Lineage = lineage;
        Version = null;
        Last = null;
        LastReduced = null;
        DropReduced();
        Array.Clear(_blockVersions);
    }

    /// <summary>A joiner's first word of where its primary stands.</summary>
    public void StartAt(StepKey key, Decision? last)
    {
        Version = key.Step;
        Digest = key.Previous;
        Last = last;
    }

    /// <summary>The last decision asks for a snapshot of this version after all.</summary>
    public void AskForSnapshot() => Last = Last! with { Snapshot = true };

    public void Hold(ReducedSlice reduced)
    {
        DropReduced();
        Reduced = reduced;
    }

    /// <summary>Takes a block ([3 × block] float32: values, first, second moment) of the primary at <paramref name="version"/>.</summary>
    public void TakeBlock(int block, long version, ReadOnlySpan<float> state)
    {
        var elements = range.Block(block);
        var length = state.Length / 3;
        state[..length].CopyTo(Values.AsSpan()[elements]);
        state[length..(2 * length)].CopyTo(FirstMoment.AsSpan()[elements]);
        state[(2 * length)..].CopyTo(SecondMoment.AsSpan()[elements]);
        _blockVersions[block] = version;
        _valuesDigest = null;
    }

    /// <summary>Copies a block to <paramref name="target"/>, as <see cref="TakeBlock"/> takes it.</summary>
    public void CopyBlock(int block, Span<float> target)
    {
        var elements = range.Block(block);
        var length = target.Length / 3;
        Values.AsSpan()[elements].CopyTo(target);
        FirstMoment.AsSpan()[elements].CopyTo(target[length..]);
        SecondMoment.AsSpan()[elements].CopyTo(target[(2 * length)..]);
    }

    /// <summary>
    /// Passes a decided step: applies the reduced slice to every block that is at that step. Throws when a commit
    /// finds no reduced slice or another history, either of which the protocol excludes.
    /// </summary>
    /// <param name="updates">Whether the decision changes values: a commit does, a skip does not.</param>
    public void Advance(Decision decision, bool updates)
    {
        if (decision.Previous != Digest)
        {
            throw new ProtocolViolationException($"{range.Id} at step {Version} has history {Digest}, the decision continues {decision.Previous}");
        }

        if (updates)
        {
            var reduced = Reduced ?? throw new ProtocolViolationException($"{range.Id} has no reduced slice for the committed step {decision.Step}");
            Apply(decision, reduced.Slice);
        }

        for (var block = 0; block < _blockVersions.Length; block++)
        {
            if (_blockVersions[block] == decision.Step)
            {
                _blockVersions[block] = decision.Step + 1;
            }
        }

        _valuesDigest = null;
        LastReduced = Reduced?.Digest;
        DropReduced();
        Version = decision.Step + 1;
        Digest = decision.Digest;
        Last = decision;
    }

    private void Apply(Decision decision, ReadOnlySpan<float> gradient)
    {
        for (var block = 0; block < _blockVersions.Length; block++)
        {
            if (_blockVersions[block] != decision.Step)
            {
                continue;
            }

            foreach (var (elements, decay) in _segments[block])
            {
                optimizer.Update(
                    decision.Scalars, decay, gradient[elements],
                    Values.AsSpan()[elements], FirstMoment.AsSpan()[elements], SecondMoment.AsSpan()[elements]);
            }
        }
    }

    public void DropReduced()
    {
        if (Reduced is { } reduced)
        {
            pool.Return(reduced.Slice);
            Reduced = null;
        }
    }

    // Runs of elements of one block with the same decay flag, relative to the partition.
    private static List<(Range Elements, bool Decay)> Segments(PartitionRange range, ParameterLayout parameters, int block)
    {
        var (offset, length) = range.Block(block).GetOffsetAndLength(range.Elements);
        var first = range.FirstElement + offset;
        var end = first + length;
        var segments = new List<(Range Elements, bool Decay)>();
        foreach (var entry in parameters.Entries)
        {
            var from = Math.Max(first, entry.ElementOffset);
            var to = Math.Min(end, entry.ElementOffset + entry.Elements);
            if (from >= to)
            {
                continue;
            }

            var elements = (from - range.FirstElement)..(to - range.FirstElement);
            if (segments.Count > 0 && segments[^1].Decay == entry.Decay)
            {
                segments[^1] = (segments[^1].Elements.Start..elements.End, entry.Decay);
            }
            else
            {
                segments.Add((elements, entry.Decay));
            }
        }

        return segments;
    }
}
