namespace AtomGrains.Core.Runs;

/// <summary>
/// Parameters of our GPT, counted before any tensor engine is loaded: token and position embeddings, per layer
/// two norms, a fused attention projection (3 widths), its output, and a feed-forward of 4 widths, and a last
/// norm. The output layer is tied to the token embedding.
/// </summary>
public static class ModelSize
{
    /// <exception cref="OverflowException">More than a signed 64-bit number.</exception>
    public static long Elements(ModelSpec model)
    {
        checked
        {
            long width = model.Width;
            long norm = model.Bias ? 2 * width : width;
            long biases = model.Bias ? 3 * width + width + 4 * width + width : 0;
            var layer = 2 * norm + (3 + 1 + 4 + 4) * width * width + biases;
            return (model.VocabularySize + (long)model.Context) * width + model.Layers * layer + norm;
        }
    }

    /// <summary>Blocks of the flat vector; the last may be shorter.</summary>
    public static long Blocks(long elements, int blockElements) => (elements + blockElements - 1) / blockElements;
}
