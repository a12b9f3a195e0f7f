using System.Runtime.InteropServices;
using AtomGrains.Core.Parameters;
using TorchSharp;
using static TorchSharp.torch;

namespace AtomGrains.Torch.Engine;

/// <summary>
/// A model's parameters and gradients as two flat float32 vectors on the device. The model's own tensors are views of
/// them: loading parameters and fetching gradients is one copy, and backward writes straight into the flat gradient.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    // A tensor's memory is seen through spans of bytes, which end at 2 GiB.
    private const int ElementsPerCopy = 1 << 28;

    private readonly Tensor _values;
    private readonly Tensor _gradients;

    // Between host and device; on the CPU there is nothing between.
    private readonly Tensor? _staging;

    /// <summary>Rebinds the parameters of <paramref name="model"/>, which keep their values, and must be float32 on one device.</summary>
    /// <exception cref="ArgumentException">A parameter is not float32, or there is none.</exception>
    public FlatParameters(nn.Module model, Device device)
    {
        var parameters = model.named_parameters().ToList();
        Layout = Describe(parameters.Select(pair => (pair.name, (Tensor)pair.parameter)));

        _values = zeros(Layout.Elements, ScalarType.Float32, device).DetachFromDisposeScope();
        _gradients = zeros(Layout.Elements, ScalarType.Float32, device).DetachFromDisposeScope();
        _staging = device.type == DeviceType.CPU ? null : zeros(Layout.Elements, ScalarType.Float32).DetachFromDisposeScope();

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (entry, (_, parameter)) in Layout.Entries.Zip(parameters))
        {
            var value = View(_values, entry);
            value.copy_(parameter);
            parameter.set_(value);
            parameter.grad = View(_gradients, entry);
        }
    }

    /// <summary>Names, shapes and offsets in registration order.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Copies host values, [Layout.Elements], to the device.</summary>
    public void Load(ReadOnlySpan<float> flat)
    {
        RequireLength(flat.Length);
        Copy(flat, _staging ?? _values);
        if (_staging is not null)
        {
            _values.copy_(_staging);
        }
    }

    /// <summary>Copies the gradient from the device to <paramref name="flat"/>, [Layout.Elements].</summary>
    public void FetchGradient(Span<float> flat)
    {
        RequireLength(flat.Length);
        _staging?.copy_(_gradients);
        Copy(_staging ?? _gradients, flat);
    }

    /// <summary>Backward adds, so this comes before it.</summary>
    public void ZeroGradient() => _gradients.zero_();

    public void Dispose()
    {
        _values.Dispose();
        _gradients.Dispose();
        _staging?.Dispose();
    }

    private static ParameterLayout Describe(IEnumerable<(string Name, Tensor Parameter)> parameters)
    {
        var entries = new List<ParameterEntry>();
        var offset = 0;
        foreach (var (name, parameter) in parameters)
        {
            if (parameter.dtype != ScalarType.Float32)
            {
                throw new ArgumentException($"parameter {name} is {parameter.dtype}; parameters must be Float32");
            }

            int[] shape = [.. parameter.shape.Select(size => checked((int)size))];
            var entry = new ParameterEntry(name, shape, offset, Decay: shape.Length >= 2);
            entries.Add(entry);
            offset = checked(offset + entry.Elements);
        }

        return entries.Count > 0 ? new ParameterLayout(entries) : throw new ArgumentException("the model has no parameters");
    }

    private static Tensor View(Tensor flat, ParameterEntry entry) =>
        flat.narrow(0, entry.ElementOffset, entry.Elements).view([.. entry.Shape.Select(size => (long)size)]);

    private static void Copy(ReadOnlySpan<float> source, Tensor target)
    {
        for (var offset = 0; offset < source.Length; offset += ElementsPerCopy)
        {
            var length = Math.Min(ElementsPerCopy, source.Length - offset);
            using var part = target.narrow(0, offset, length);
            source.Slice(offset, length).CopyTo(MemoryMarshal.Cast<byte, float>(part.bytes));
        }
    }

    private static void Copy(Tensor source, Span<float> target)
    {
        for (var offset = 0; offset < target.Length; offset += ElementsPerCopy)
        {
            var length = Math.Min(ElementsPerCopy, target.Length - offset);
            using var part = source.narrow(0, offset, length);
            MemoryMarshal.Cast<byte, float>(part.bytes).CopyTo(target.Slice(offset, length));
        }
    }

    private void RequireLength(int length)
    {
        if (length != Layout.Elements)
        {
            throw new ArgumentException($"{length} elements for a model of {Layout.Elements}");
        }
    }
}
