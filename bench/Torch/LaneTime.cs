using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Models;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Bench;

/// <summary>
/// CPU milliseconds of one lane at nanoGPT's CPU configuration, against a bare loop of the same model that neither loads
/// parameters nor hands out a gradient: the difference is what the step loop costs.
/// </summary>
public static class LaneTime
{
    private static RunSpec Spec => NanoGptParity.Spec(vocabulary: 65, steps: 1, seed: 1337);

    public static void Print(int repeats)
    {
        Console.WriteLine(TensorEngine.Describe(Spec));
        var (lane, bare, update) = Measure(repeats);
        Console.WriteLine($"lane, with load and fetch: median {Median(lane):F2} ms of CPU; bare loop: median {Median(bare):F2} ms; of {repeats}");
        Console.WriteLine($"plain AdamW over spans: {update:F2} ms");
    }

    /// <summary>CPU milliseconds of each lane, of each pass of the bare loop, and of one plain update.</summary>
    public static (IReadOnlyList<double> Lane, IReadOnlyList<double> Bare, double Update) Measure(int repeats)
    {
        var spec = Spec;
        var stream = Enumerable.Range(0, 5000).Select(k => (long)(k * k % 65)).ToArray();
        var windows = new TokenWindows(stream, spec.Model.Context);
        long[] samples = [.. Enumerable.Range(0, spec.GlobalBatch).Select(k => k * 100L)];
        using var loop = new StepLoopFactory().Create(spec, windows, windows, "cpu");
        var (parameters, gradient) = (new float[loop.Layout.Elements], new float[loop.Layout.Elements]);
        loop.InitialParameters(parameters);
        using var model = new Gpt(spec.Model);
        CopyTo(model, loop.Layout, parameters); // with torch's own beginning it would meet denormals, which are slow
        var optimizer = new AdamW(loop.Layout, spec.Optimizer);

        // CPU time, which a busy machine lengthens less than the clock's. Turn about, so that a neighbour on the machine disturbs both alike.
        var (lane, bare) = (new List<double>(), new List<double>());
        for (var k = 0; k < repeats + 5; k++)
        {
            var laneTime = Time(() =>
            {
                loop.LoadParameters(parameters);
                loop.ComputeLane(new LaneWork(0, 0, 1, samples), gradient);
            });
            var bareTime = Time(() => Bare(model, windows, samples));
            if (k >= 5)
            {
                lane.Add(laneTime);
                bare.Add(bareTime);
            }
        }

        return (lane, bare, Time(() => optimizer.Step(0, parameters, gradient)));
    }

    private static void Bare(Gpt model, TokenWindows windows, long[] samples)
    {
        using var scope = NewDisposeScope();
        var (B, T) = (samples.Length, windows.TokensPerSample - 1);
        var (tokens, targets, window) = (new long[B * T], new long[B * T], new long[T + 1]);
        for (var b = 0; b < B; b++)
        {
            windows.Read(samples[b], window);
            window.AsSpan(0, T).CopyTo(tokens.AsSpan(b * T));
            window.AsSpan(1, T).CopyTo(targets.AsSpan(b * T));
        }

        model.zero_grad();
        var logits_BTV = model.call(tensor(tokens, [B, T]));
        var loss = nn.functional.cross_entropy(logits_BTV.view(B * T, -1), tensor(targets, [B * T]));
        loss.backward();
    }

    private static void CopyTo(Gpt model, ParameterLayout layout, float[] flat)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (entry, parameter) in layout.Entries.Zip(model.parameters()))
        {
            parameter.copy_(tensor(flat[entry.ElementOffset..(entry.ElementOffset + entry.Elements)]).view(parameter.shape));
        }
    }

    private static double Time(Action action)
    {
        var before = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }

    private static double Median(IReadOnlyList<double> values) => values.Order().ElementAt(values.Count / 2);
}
