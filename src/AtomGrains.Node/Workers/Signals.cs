using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AtomGrains.Node.Workers;

/// <summary>Signals and priorities of Linux processes.</summary>
public static partial class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    private const int PriorityOfProcess = 0;
    private const int SetParentDeathSignal = 1;
    private const int SetChildSubreaper = 36;
    private const string OwnDescriptors = "/proc/self/fd";

    /// <summary>Sends a signal; false when there is no such process.</summary>
    public static bool Send(int pid, int signal) => KillNative(pid, signal) == 0;

    /// <summary>Lets threads that do little and wait for much go before the calling thread (Linux: nice is per thread).</summary>
    public static void LowerPriorityOfThisThread(int nice) => _ = SetPriority(PriorityOfProcess, GetThreadId(), nice);

    /// <summary>
    /// Makes standard output and error of this process, native code's included, go to a file. Copies of them that it has
    /// inherited as well: who reads what its parent writes must see the end of it when the parent ends, not this process.
    /// </summary>
    /// <param name="keep">What <see cref="KeepStandardError"/> returned, to be left as it is.</param>
    public static void RedirectOutputTo(string path, FileStream? keep = null)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        var descriptor = (int)file.SafeFileHandle.DangerousGetHandle();
        var replaced = new[] { 1, 2 }.Select(TargetOf).ToHashSet();
        var copies = Directory.EnumerateFileSystemEntries(OwnDescriptors)
            .Select(entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture))
            .Where(copy => copy != keep?.SafeFileHandle.DangerousGetHandle() && TargetOf(copy) is { } target && replaced.Contains(target)).ToList();
        foreach (var copy in copies.Union([1, 2]))
        {
            _ = Duplicate(descriptor, copy);
        }
    }

    /// <summary>Standard error as it is now, for who redirects it and still has something to say there. The caller disposes it.</summary>
    public static FileStream KeepStandardError() => new FileStream(new SafeFileHandle(DuplicateToNew(2), ownsHandle: true), FileAccess.Write, bufferSize: 0);

    /// <summary>
    /// Has the kernel wake this process, should it be paused, when the thread that started it ends: who sleeps cannot
    /// notice that nobody is left to work for.
    /// </summary>
    public static void WakeAtEndOfParent() => _ = ProcessControl(SetParentDeathSignal, Continue);

    /// <summary>
    /// Makes this process the parent of what its children leave behind. Nothing here asks how those end, so the kernel keeps that
    /// for whoever looks, until this process ends.
    /// </summary>
    public static void TakeOrphansOn() => _ = ProcessControl(SetChildSubreaper, 1);

    /// <summary>
    /// Ends this process at once, with nothing taken apart first: libtorch's own end alone computes for 60 ms, which a leaver
    /// would take from those who go on, and takes away what a step loop may be in the middle of.
    /// </summary>
    [DoesNotReturn]
    public static void EndProcess(int exitCode)
    {
        Console.Out.Flush();
        Console.Error.Flush();
        Exit(exitCode);
        throw new UnreachableException();
    }

    /// <summary>The process that started this one; another once that has ended.</summary>
    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int ParentProcess();

    private static string? TargetOf(int descriptor) =>
        new FileInfo(Path.Combine(OwnDescriptors, descriptor.ToString(CultureInfo.InvariantCulture))).LinkTarget;

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nint argument);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillNative(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int DuplicateToNew(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);
}
