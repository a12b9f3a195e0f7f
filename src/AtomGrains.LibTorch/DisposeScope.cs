namespace TorchSharp;

/// <summary>
/// Releases the tensors made within it, unless they were moved out. Scopes belong to the thread that opened them and
/// nest; no <c>await</c> may stand between opening and disposing one.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? _current;

    private readonly HashSet<IDisposable> _disposables = new(ReferenceEqualityComparer.Instance);

    private readonly DisposeScope? _outer;

    private bool _closed;

    internal DisposeScope()
    {
        _outer = _current;
        _current = this;
    }

    /// <summary>Live tensors that the scope would release now.</summary>
    public int DisposablesCount => _disposables.Count;

    /// <summary>Hands <paramref name="disposable"/> to the enclosing scope, or to the caller if there is none.</summary>
    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        if (_disposables.Remove(disposable) && disposable is torch.Tensor tensor)
        {
            tensor.OwningDisposeScope = _outer;
            _outer?._disposables.Add(disposable);
        }

        return disposable;
    }

    /// <summary>Takes <paramref name="disposable"/> out of the scope: the caller disposes it.</summary>
    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        if (_disposables.Remove(disposable) && disposable is torch.Tensor tensor)
        {
            tensor.OwningDisposeScope = null;
        }

        return disposable;
    }

    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        foreach (var disposable in _disposables.ToArray())
        {
            disposable.Dispose();
        }

        if (_current == this)
        {
            _current = _outer;
        }
    }

    internal static DisposeScope? Register(torch.Tensor tensor)
    {
        _current?._disposables.Add(tensor);
        return _current;
    }

    internal void Forget(torch.Tensor tensor) => _disposables.Remove(tensor);

    internal void Replace(torch.Tensor original, torch.Tensor replacement)
    {
        _disposables.Remove(original);
        _disposables.Add(replacement);
    }
}
