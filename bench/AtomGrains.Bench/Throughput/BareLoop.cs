using AtomGrains.Core.Data;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Bench.Throughput;

/// <summary>
/// What the runtime is measured against: a plain process with the same step loop and nothing else. It computes its
/// half of each step's lanes one by one, adds their gradients up, clips, and updates the whole vector by itself. Two of
/// them, which know nothing of each other, are the most that two cores can do with this work.
/// </summary>
internal static class BareLoop
{
    public const string Command = "bare-loop";

    // As a worker's own step loop: beside a neighbour on the machine, both get the same share.
    private const int Nice = 10;

    /// <summary>Prints a line after each step, for ever.</summary>
    public static int Run(string folder, int half)
    {
        Signals.LowerPriorityOfThisThread(Nice);
        var spec = RunRecord.Read(folder)!.Spec;
        using var training = TokenFileSource.OpenTraining(folder, spec);
        using var validation = TokenFileSource.OpenValidation(folder, spec);
        using var loop = new StepLoopFactory().Create(spec, training, validation, "cpu");
        var (plan, optimizer) = (new SamplePlan(spec), new AdamW(spec.Optimizer));
        var elements = loop.Layout.Elements;
        var (parameters, first, second) = (new float[elements], new float[elements], new float[elements]);
        var (sum, gradient) = (new float[elements], new float[elements]);
        var lanes = Enumerable.Range(half * spec.Lanes / 2, spec.Lanes / 2).ToList();
        loop.InitialParameters(parameters);
        loop.LoadParameters(parameters);
        for (var step = 0L; ; step++)
        {
            Array.Clear(sum);
            foreach (var lane in lanes)
            {
                loop.ComputeLane(plan.WorkOf(step, lane), gradient);
                VectorMath.Add(sum, gradient);
            }

            VectorMath.Scale(sum, 1f / lanes.Count);
            Update(optimizer, spec, loop.Layout, step, sum, parameters, first, second);
            loop.LoadParameters(parameters);
            Console.WriteLine(step);
        }
    }

    private static void Update(
        AdamW optimizer, RunSpec spec, ParameterLayout layout, long step, float[] gradient, float[] parameters, float[] first, float[] second)
    {
        var norm = Math.Sqrt(BlockNorm.SumOfSquares(gradient));
        var scalars = new UpdateScalars(
            (float)LearningRateSchedule.At(step, spec.Optimizer),
            (float)(norm > spec.Optimizer.Clip ? spec.Optimizer.Clip / norm : 1),
            (float)(1 / (1 - LearningRateSchedule.Power(spec.Optimizer.Beta1, step + 1))),
            (float)(1 / (1 - LearningRateSchedule.Power(spec.Optimizer.Beta2, step + 1))));
        foreach (var entry in layout.Entries)
        {
            var range = entry.ElementOffset..(entry.ElementOffset + entry.Elements);
            optimizer.Update(scalars, entry.Decay, gradient.AsSpan()[range], parameters.AsSpan()[range], first.AsSpan()[range], second.AsSpan()[range]);
        }
    }
}
