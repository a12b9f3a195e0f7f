using AtomGrains.Core.Options;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Proofs;

namespace AtomGrains.Commands;

/// <summary><c>atom diff</c>: the first step, partition and block in which two runs differ, from what they have recorded.</summary>
internal static class DiffCommand
{
    private const int Different = 1;

    // More would say nothing more: they differ from some step on.
    private const int MostBlocks = 8;

    /// <returns>0 when all steps that both runs have are equal.</returns>
    /// <exception cref="InvalidSettingsException">A folder holds no run, or nothing that can be compared.</exception>
    public static int Run(string left, string right, TextWriter output)
    {
        var (leftRun, leftHistory) = RecordedRun.Read("diff", left);
        var (rightRun, rightHistory) = RecordedRun.Read("diff", right);
        foreach (var (field, one, other) in RunSpecIdentity.Differences(leftRun.Spec, rightRun.Spec).Append(("bits_class", leftRun.BitsClass, rightRun.BitsClass)).Where(field => field.Item2 != field.Item3))
        {
            output.WriteLine($"the specs differ: {field} is {one} in A and {other} in B");
        }

        var common = leftHistory.Lines.Keys.Count(rightHistory.Lines.ContainsKey);
        var difference = Find();
        if (difference is null)
        {
            var proven = leftHistory.Lines.Values.Count(line => line.Root is not null && rightHistory.Lines.GetValueOrDefault(line.Step)?.Root is not null);
            output.WriteLine($"EQUAL: the losses of all {common} steps that both runs have, and {proven} roots of their parameters");
            if (leftHistory.Lines.Count != rightHistory.Lines.Count)
            {
                output.WriteLine($"A has {leftHistory.Lines.Count} steps, B has {rightHistory.Lines.Count}");
            }

            return 0;
        }

        output.WriteLine(difference.Step < 0
            ? "DIFFERENT from the beginning: the initial parameters are not the same"
            : $"DIFFERENT first at step {difference.Step}: {difference.What} {difference.Left} in A, {difference.Right} in B");
        output.WriteLine(Where(difference, leftRun.Spec, rightRun.Spec));
        return Different;

        RunDifference? Find()
        {
            try
            {
                return RunDifference.Find(left, leftHistory, right, rightHistory);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new InvalidSettingsException(new SettingError("diff", $"{left} {right}", error.Message));
            }
        }
    }

    private static string Where(RunDifference difference, RunSpec left, RunSpec right)
    {
        if (difference.What == "loss")
        {
            return "the parameters that it was computed on are equal, or not proven; so other gradients, samples or losses";
        }

        if (difference.Blocks is { Count: 0 })
        {
            return "the hashes of all blocks agree: one of the two roots is not that of its blocks, and ./atom verify says which";
        }

        if (difference.Blocks is not [var first, ..] blocks)
        {
            return $"the hashes of its blocks are not in {LeafSegments.FolderName}/ of both: ./atom verify computes the step again";
        }

        var elements = $"elements {(long)first * left.BlockElements} to {((long)first + 1) * left.BlockElements - 1}";
        var more = blocks.Count == 1 ? "it alone" : $"{blocks.Count} blocks differ: {string.Join(", ", blocks.Take(MostBlocks))}{(blocks.Count > MostBlocks ? ", ..." : "")}";
        var (p, q) = (PartitionOf(first, left), PartitionOf(first, right));
        return $"in block {first} ({elements}), in {(p == q ? $"partition {p.Value}" : $"partition {p.Value} of A and {q.Value} of B")}; {more}";

        PartitionId PartitionOf(int block, RunSpec spec) => RunDifference.PartitionOf(block, difference.BlocksOfModel, spec.Partitions);
    }
}
