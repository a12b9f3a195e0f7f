using System.Text.Json;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Storage;

/// <summary>
/// <c>config.json</c> beside the weights: the model's shape under GPT-2's names, with the ones that nanoGPT adds.
/// </summary>
public sealed record ModelConfig(
    string ModelType, int VocabSize, int NPositions, int NEmbd, int NLayer, int NHead, bool Bias, double Dropout, bool TieWordEmbeddings, string TorchDtype)
{
    public const string FileName = "config.json";

    public static ModelConfig Of(ModelSpec model) => new(
        "nanogpt", model.VocabularySize, model.Context, model.Width, model.Layers, model.Heads, model.Bias, model.Dropout, TieWordEmbeddings: true, "float32");

    public void Write(string folder) =>
        DurableFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, StorageJson.Indented.ModelConfig));
}
