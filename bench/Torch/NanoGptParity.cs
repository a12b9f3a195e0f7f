using System.Diagnostics;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Torch.Bench;

/// <summary>
/// nanoGPT's published CPU configuration (4 layers, 4 heads, width 128, context 64, batch 12, 2000 steps), trained
/// with the step loop and a plain AdamW: what the whole runtime has to reach on the same text. Characters are tokens,
/// the last tenth is for validation, batches are windows at random offsets, all as in nanoGPT.
/// </summary>
public static class NanoGptParity
{
    private const int Batch = 12;

    public static RunSpec Spec(int vocabulary, int steps, ulong seed) => new()
    {
        Seed = seed,
        Steps = steps,
        Lanes = 1,
        GlobalBatch = Batch,
        Model = new ModelSpec { Layers = 4, Heads = 4, Width = 128, Context = 64, VocabularySize = vocabulary },
        Optimizer = new OptimizerSpec { DecaySteps = steps },
        Data = new DataSpec(),
        Evaluation = new EvaluationSpec { Every = 250, Batches = 20 },
    };

    public static void Run(string text, int steps, ulong seed)
    {
        var alphabet = text.Distinct().Order().ToArray();
        var tokens = text.Select(character => (long)Array.BinarySearch(alphabet, character)).ToArray();
        var cut = (int)(0.9 * tokens.Length);
        var spec = Spec(alphabet.Length, steps, seed);
        var train = new TokenWindows(tokens.AsMemory(0, cut), spec.Model.Context);
        var validation = new TokenWindows(tokens.AsMemory(cut), spec.Model.Context);
        using var loop = new StepLoopFactory().Create(spec, train, validation, "cpu");
        Console.WriteLine($"{tokens.Length} characters, {alphabet.Length} different; {loop.Layout.Elements} parameters; {TensorEngine.Describe(spec)}");

        var offsets = new Random((int)seed);
        var parameters = new float[loop.Layout.Elements];
        var gradient = new float[loop.Layout.Elements];
        var optimizer = new AdamW(loop.Layout, spec.Optimizer);
        loop.InitialParameters(parameters);
        loop.LoadParameters(parameters);
        var clock = Stopwatch.StartNew();
        for (var step = 0; step < steps; step++)
        {
            var loss = loop.ComputeLane(new LaneWork(step, 0, seed + (ulong)step, Draw(offsets, train.Count, Batch)), gradient);
            optimizer.Step(step, parameters, gradient);
            loop.LoadParameters(parameters);
            if ((step + 1) % spec.Evaluation.Every == 0 || step + 1 == steps)
            {
                // The same windows each time, so the curve shows the model and not the draw.
                var windows = Draw(new Random(20), validation.Count, spec.Evaluation.Batches * Batch);
                Console.WriteLine($"step {step + 1}: train loss {loss:F4}, validation loss {loop.Evaluate(windows):F4}, {clock.Elapsed.TotalMilliseconds / (step + 1):F1} ms/step");
            }
        }

        var all = Enumerable.Range(0, (int)((validation.Count - 1) / spec.Model.Context) + 1).Select(window => (long)window * spec.Model.Context).ToList();
        Console.WriteLine($"validation loss over all {all.Count} windows of the last tenth: {loop.Evaluate(all):F4}");
        var sample = loop.Generate([Array.BinarySearch(alphabet, text[0])], 200, 0.8, 0, seed);
        Console.WriteLine(string.Concat(sample.Select(token => alphabet[token])));
    }

    private static long[] Draw(Random random, long count, int samples) =>
        [.. Enumerable.Range(0, samples).Select(_ => random.NextInt64(count))];
}
