using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Core.Protocol.Replays;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Checkpoints;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Proofs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>
/// The child's side of <c>replay</c> and <c>verify</c>: a process of its own, as with everything that loads the engine. It
/// writes what it finds to standard output.
/// </summary>
internal static class RecomputeCommand
{
    public const string Name = "recompute";

    private const int Different = 1;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    public static int Run(StepLoopFactory jobs)
    {
        var orders = JsonSerializer.Deserialize(Console.OpenStandardInput(), RecomputeJson.Default.RecomputeOrders)!;
        var record = RunRecord.Read(orders.Folder)!;
        var history = SurvivingHistory.Read(orders.Folder);
        try
        {
            using var training = TokenFileSource.OpenTraining(orders.Folder, record.Spec);
            using var validation = TokenFileSource.OpenValidation(orders.Folder, record.Spec);
            using var loop = jobs.Create(record.Spec, training, validation, orders.Device);
            if (BitsClass.Of(TensorEngine.Describe(record.Spec)) is var here && here != record.BitsClass)
            {
                Console.WriteLine($"warning: this machine computes as \"{here}\", the run did as \"{record.BitsClass}\": a difference may come from that alone");
            }

            var recomputation = new Recomputation(record.Spec, loop, history, Origins(loop, history, orders), orders.From);
            return orders.IsReplay ? Replay(recomputation, orders) : Verify(recomputation, orders);
        }
        catch (Exception error) when (error is ArgumentException or IOException or InvalidDataException)
        {
            Console.Error.WriteLine($"error: {error.Message.Split('\n')[0]}");
            return CommandLine.BadInput;
        }
    }

    // The newest version up to the step that is wanted is taken, of whichever has it.
    private static IReadOnlyList<IParameterOrigin> Origins(IStepLoop loop, SurvivingHistory history, RecomputeOrders orders) =>
    [
        new SeededOrigin(loop, Recomputation.LineageOf(history.Lines[history.Lines.Keys.Min()])),
        new CheckpointOrigin(
            new CheckpointStore(ObjectStores.Open(orders.Store)), CheckpointSearch.History(new FileRegister(orders.Folder)), loop.Layout.Elements, Console.WriteLine),
    ];

    private static int Verify(Recomputation recomputation, RecomputeOrders orders)
    {
        var (first, told, unproven) = (recomputation.Version, Stopwatch.GetTimestamp(), 0);
        Console.WriteLine($"computing from {recomputation.From}, version {first}");
        if (recomputation.Parameters is { Differs: true } begins)
        {
            Console.WriteLine($"before step {first}: {begins}");
            Console.WriteLine($"NOT VERIFIED: {recomputation.From} is not what the run had, or its recorded root is not");
            return Different;
        }

        while (recomputation.Version <= orders.To)
        {
            var step = recomputation.Version;
            var compared = recomputation.Step().Compared;
            if (compared.Any(comparison => comparison.Differs))
            {
                Console.WriteLine($"step {step}: {string.Join("; ", compared.Where(comparison => comparison.Differs))}");
                Console.WriteLine(step < orders.From ? $"NOT VERIFIED: step {step} differs, before step {orders.From}" : $"NOT VERIFIED: step {step} is the first that differs");
                return Different;
            }

            unproven += compared.Count(comparison => comparison.Recorded is null);
            if (Stopwatch.GetElapsedTime(told) > Between)
            {
                told = Stopwatch.GetTimestamp();
                Console.WriteLine($"step {step} of {orders.To} agrees");
            }
        }

        var steps = orders.To - first + 1;
        Console.WriteLine($"VERIFIED: steps {first} to {orders.To} agree in loss, gradient norm and learning rate, and {steps - unproven} of {steps} in the root of their parameters");
        return 0;
    }

    private static int Replay(Recomputation recomputation, RecomputeOrders orders)
    {
        var onTheWay = orders.From - recomputation.Version;
        var differs = 0;
        if (onTheWay > 0 && recomputation.Parameters is { Differs: true } begins)
        {
            Console.WriteLine($"{recomputation.From} is not what the run had, or its recorded root is not: {begins}");
            return Different;
        }

        while (recomputation.Version < orders.From)
        {
            differs += recomputation.Step().Compared.Any(comparison => comparison.Differs) ? 1 : 0;
        }

        Console.WriteLine($"step {orders.From}, computed on one process from {recomputation.From}; {(differs == 0 ? $"the {onTheWay} steps on the way agree" : $"{differs} of the {onTheWay} steps on the way DIFFER")}");
        var before = recomputation.Parameters;
        Console.WriteLine($"before the step: {before}");
        if (orders.Lane is { } wanted)
        {
            Write([recomputation.Lane(wanted)]);
            return differs > 0 || before.Differs ? Different : 0;
        }

        var (step, compared) = recomputation.Step();
        Write(step.Lanes);
        foreach (var comparison in compared)
        {
            Console.WriteLine(comparison);
        }

        return differs > 0 || before.Differs || compared.Any(comparison => comparison.Differs) ? Different : 0;
    }

    private static void Write(IReadOnlyList<ReplayedLane> lanes)
    {
        Console.WriteLine("lane  loss                    gradient norm           samples");
        foreach (var lane in lanes)
        {
            Console.WriteLine(FormattableString.Invariant($"{lane.Lane,4}  {lane.Loss,-22:R}  {lane.GradientNorm,-22:R}  {string.Join(", ", lane.Samples)}"));
        }
    }
}
