using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Rows of a [num_embeddings, embedding_dims] table by int64 index.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    private static readonly Operator Lookup = new("aten::embedding");

    internal Embedding(long num_embeddings, long embedding_dims, Device? device, ScalarType? dtype)
        : base(nameof(Embedding))
    {
        weight = new Parameter(nn.init.normal_(empty([num_embeddings, embedding_dims], dtype, device)));
        register_parameter(nameof(weight), weight);
    }

    public Parameter weight { get; }

    /// <exception cref="System.Runtime.InteropServices.ExternalException">An index is out of range.</exception>
    public override Tensor forward(Tensor input) => Lookup.Call(weight, input);

    protected override void RegisterComponents()
    {
        // Registered by the constructor; the compiler's backing field is not a component.
    }
}
