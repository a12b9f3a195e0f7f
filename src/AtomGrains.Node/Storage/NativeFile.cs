using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AtomGrains.Node.Storage;

/// <summary>What POSIX has for files and .NET does not: hard links, and the sync of a directory.</summary>
internal static class NativeFile
{
    private const int FileExists = 17;
    private const int InvalidArgument = 22;
    private const int CloseOnExec = 0x80000;

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

    private static IOException Failure(string call, string path, int error) =>
        new($"{call} of {path}: {new Win32Exception(error).Message}");

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Sync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int descriptor);
}
