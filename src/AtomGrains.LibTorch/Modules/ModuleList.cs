using System.Collections;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>Modules registered as 0, 1, 2 and so on.</summary>
public class ModuleList<T> : Module, IEnumerable<T>
    where T : Module
{
    private readonly T[] _modules;

    public ModuleList(params T[] modules)
        : base(nameof(ModuleList<T>))
    {
        _modules = [.. modules];
        for (var k = 0; k < _modules.Length; k++)
        {
            register_module($"{k}", _modules[k]);
        }
    }

    public int Count => _modules.Length;

    public T this[int index] => _modules[index];

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_modules).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    protected override void RegisterComponents()
    {
        // Registered by the constructor.
    }
}
