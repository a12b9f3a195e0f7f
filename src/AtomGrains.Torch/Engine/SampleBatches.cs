using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Engine;

/// <summary>
/// Samples as tensors on the device. Token ids are checked here, on the host: on a GPU an id out of range would cost
/// the process its device, and with some engines the process itself.
/// </summary>
internal sealed class SampleBatches
{
    private readonly ISampleSource _source;
    private readonly ModelSpec _model;
    private readonly Device _device;

    /// <exception cref="ArgumentException">The samples' length does not fit the model's context.</exception>
    internal SampleBatches(ISampleSource source, ModelSpec model, Device device)
    {
        if (source.TokensPerSample != model.Context + 1)
        {
            throw new ArgumentException($"samples have {source.TokensPerSample} tokens; a context of {model.Context} needs {model.Context + 1}");
        }

        _source = source;
        _model = model;
        _device = device;
    }

    /// <summary>Tokens_BT and the token after each, targets_BT (int64); the caller's dispose scope owns them.</summary>
    /// <exception cref="ArgumentException">No samples, or a token id outside the vocabulary.</exception>
    internal (Tensor Tokens_BT, Tensor Targets_BT) Read(IReadOnlyList<long> sampleIndices)
    {
        var (B, T) = (sampleIndices.Count, _model.Context);
        if (B == 0)
        {
            throw new ArgumentException("a batch needs at least one sample", nameof(sampleIndices));
        }

        var tokens = new long[B * T];
        var targets = new long[B * T];
        var sample = new long[T + 1];
        for (var b = 0; b < B; b++)
        {
            _source.Read(sampleIndices[b], sample);
            RequireInVocabulary(sample, sampleIndices[b]);
            sample.AsSpan(0, T).CopyTo(tokens.AsSpan(b * T));
            sample.AsSpan(1, T).CopyTo(targets.AsSpan(b * T));
        }

        return (tensor(tokens, [B, T], device: _device), tensor(targets, [B, T], device: _device));
    }

    private void RequireInVocabulary(ReadOnlySpan<long> sample, long index)
    {
        foreach (var token in sample)
        {
            if (token < 0 || token >= _model.VocabularySize)
            {
                throw new ArgumentException($"sample {index} has token {token}; the vocabulary has 0 to {_model.VocabularySize - 1}");
            }
        }
    }
}
