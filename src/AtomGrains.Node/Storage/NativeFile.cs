using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AtomGrains.Node.Storage;

/// <summary>What POSIX has for files and .NET does not: hard links, the sync of a directory, and writes that go to a file's end, wherever another process has put it.</summary>
internal static class NativeFile
{
    private const int FileExists = 17;
    private const int InvalidArgument = 22;
    private const int CloseOnExec = 0x80000;
    private const int SetStatusFlags = 4;
    private const int Append = 0x400;

    /// <summary>
    /// Gives <paramref name="existing"/> a second name, unless that name is taken: atomic even between machines.
    /// </summary>
    /// <returns>False when the name is taken.</returns>
    /// <exception cref="IOException">Anything else, such as a file system without hard links.</exception>
    public static bool TryLink(string existing, string name)
    {
        if (Link(existing, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false : throw Failure("link", name, error);
    }

    /// <summary>Makes names created, renamed or removed in a directory survive a power cut.</summary>
    public static void SyncDirectory(string directory)
    {
        var descriptor = Open(directory, CloseOnExec);
        if (descriptor < 0)
        {
            throw Failure("open", directory, Marshal.GetLastPInvokeError());
        }

        try
        {
            // Some network and host-shared file systems have no such call for directories, and nothing in its place.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() is var error && error != InvalidArgument)
            {
                throw Failure("fsync", directory, error);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>From here on every write goes to the end that the file has then, whatever offset it names.</summary>
    public static void AppendOnly(SafeFileHandle file)
    {
        if (Control(file, SetStatusFlags, Append) != 0)
        {
            throw Failure("fcntl", "a file", Marshal.GetLastPInvokeError());
        }
    }

    private static IOException Failure(string call, string path, int error) =>
        new($"{call} of {path}: {new Win32Exception(error).Message}");

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Control(SafeFileHandle file, int command, int argument);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int descriptor);
}
