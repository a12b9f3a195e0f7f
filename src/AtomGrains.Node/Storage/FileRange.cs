using Microsoft.Win32.SafeHandles;

namespace AtomGrains.Node.Storage;

/// <summary>A range of a file's bytes, whole or not at all: the system may return fewer at a time than it was asked for.</summary>
internal static class FileRange
{
    /// <returns>Whether the file has them all.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool TryRead(SafeFileHandle file, long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
            {
                return false;
            }

            buffer = buffer[read..];
            offset += read;
        }

        return true;
    }
}
