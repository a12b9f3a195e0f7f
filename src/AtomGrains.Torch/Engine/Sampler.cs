using AtomGrains.Core.Runs;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Engine;

/// <summary>Continues token sequences with a language model whose outputs are logits_BTV. Deterministic for a seed.</summary>
public sealed class Sampler(nn.Module<Tensor, Tensor> model, ModelSpec spec, Device device)
{
    /// <summary>Appends <paramref name="count"/> tokens, one at a time, each from the last context's logits.</summary>
    /// <param name="prompt">At least one token id.</param>
    /// <param name="temperature">0 takes the likeliest token; 1 samples from the model's own distribution.</param>
    /// <param name="topK">Samples among the likeliest k only; 0 means all.</param>
    /// <returns>The new tokens, without the prompt.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or has a token outside the vocabulary.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative count, temperature or k.</exception>
    public IReadOnlyList<long> Generate(IReadOnlyList<long> prompt, int count, double temperature, int topK, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(topK);
        if (prompt.Count == 0 || prompt.Any(token => token < 0 || token >= spec.VocabularySize))
        {
            throw new ArgumentException($"the prompt needs one token or more, each from 0 to {spec.VocabularySize - 1}", nameof(prompt));
        }

        var random = new InitialRandom(seed);
        var tokens = prompt.ToList();
        using var noGrad = no_grad();
        model.eval();
        try
        {
            for (var k = 0; k < count; k++)
            {
                tokens.Add(Choose(LastLogits(tokens), temperature, topK, random.Uniform(k)));
            }
        }
        finally
        {
            model.train();
        }

        return tokens.GetRange(prompt.Count, count);
    }

    private double[] LastLogits(List<long> tokens)
    {
        using var scope = NewDisposeScope();
        long[] window = [.. tokens.TakeLast(spec.Context)];
        var logits_BTV = model.call(tensor(window, [1, window.Length], device: device));
        var last_V = logits_BTV.select(1, window.Length - 1).view(-1).to(ScalarType.Float64).cpu().contiguous();
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(last_V.bytes).ToArray();
    }

    private static int Choose(double[] logits_V, double temperature, int topK, double uniform)
    {
        // Stable order: equal logits fall to the smaller id, on every machine.
        int[] likeliest = [.. Enumerable.Range(0, logits_V.Length).OrderByDescending(id => logits_V[id])];
        if (temperature == 0)
        {
            return likeliest[0];
        }

        var candidates = likeliest.AsSpan(0, topK == 0 ? likeliest.Length : Math.Min(topK, likeliest.Length));
        var weights = new double[candidates.Length];
        var total = 0.0;
        for (var k = 0; k < weights.Length; k++)
        {
            weights[k] = Math.Exp((logits_V[candidates[k]] - logits_V[candidates[0]]) / temperature);
            total += weights[k];
        }

        var remaining = uniform * total;
        for (var k = 0; k < weights.Length; k++)
        {
            remaining -= weights[k];
            if (remaining < 0)
            {
                return candidates[k];
            }
        }

        return candidates[^1]; // rounding left a crumb
    }
}
