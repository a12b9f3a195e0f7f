using System.Runtime.InteropServices;

namespace AtomGrains.Node.Tests.Storage;

/// <summary>Does something where file modes say no, which they do not say to a root user: on a thread that looks at files as nobody.</summary>
internal static class Powerless
{
    private const uint Nobody = 65534;

    /// <summary>What was thrown by it; null for nothing.</summary>
    public static Exception? Do(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            // Of this thread alone, which ends after it; one of an ordinary user stays what it is.
            _ = SetFileUser(Nobody);
            thrown = Record(action);
        });
        thread.Start();
        thread.Join();
        return thrown;
    }

    private static Exception? Record(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    [DllImport("libc", EntryPoint = "setfsuid")]
    private static extern int SetFileUser(uint user);
}
