namespace TorchSharp.Modules;

/// <summary>A leaf tensor that a module owns and training changes. Takes over the handle of the tensor it is made of.</summary>
public class Parameter : torch.Tensor
{
    /// <param name="data">Empty afterwards.</param>
    public Parameter(torch.Tensor data, bool requires_grad = true)
        : base(data.requires_grad_(requires_grad).MoveHandle(), register: false)
    {
        OwningDisposeScope = data.OwningDisposeScope;
        OwningDisposeScope?.Replace(data, this);
    }
}
