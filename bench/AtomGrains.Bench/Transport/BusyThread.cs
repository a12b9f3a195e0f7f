namespace AtomGrains.Bench.Transport;

/// <summary>A thread that computes without pause until disposed.</summary>
internal sealed class BusyThread : IDisposable
{
    private volatile bool _stop;

    private BusyThread()
    {
    }

    public static BusyThread Start(bool busy)
    {
        var instance = new BusyThread { _stop = !busy };
        new Thread(instance.Compute) { IsBackground = true }.Start();
        return instance;
    }

    public void Dispose() => _stop = true;

    private void Compute()
    {
        for (var x = 1.0; !_stop;)
        {
            x = Math.Sqrt(x + 1);
        }
    }
}
