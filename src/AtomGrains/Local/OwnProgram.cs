using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AtomGrains.Local;

/// <summary>Starts this very program again, however it was started.</summary>
internal static class OwnProgram
{
    // 128 + SIGINT.
    private const int Interrupted = 130;

    public static ProcessStartInfo StartInfo(params string[] arguments)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("the path of this program is unknown");
        var info = new ProcessStartInfo(program) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            info.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }

    /// <param name="environment">Variables that the child has besides those of this process, or instead of them.</param>
    public static ProcessStartInfo StartInfo(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var info = StartInfo(arguments);
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    /// <summary>
    /// Tells a child, in a line on its standard input, what it is to do. One that has died before it read that, or reads
    /// nothing, is no error here: it says so by its answer and its exit.
    /// </summary>
    /// <param name="isAll">Whether its standard input ends there; else it ends with this process.</param>
    public static void Tell<T>(Process child, T orders, JsonTypeInfo<T> type, bool isAll = true)
    {
        try
        {
            child.StandardInput.WriteLine(JsonSerializer.Serialize(orders, type));
            child.StandardInput.Flush();
        }
        catch (IOException)
        {
            // Its pipe is closed at the other end.
        }
        finally
        {
            if (isAll)
            {
                Close(child);
            }
        }
    }

    /// <summary>
    /// Waits for a child that gives an answer and ends. Ctrl-C at a terminal reaches it as well, and is not for it: then
    /// OperationCanceledException.
    /// </summary>
    public static int AwaitExit(Process child)
    {
        child.WaitForExit();
        return child.ExitCode != Interrupted ? child.ExitCode : throw new OperationCanceledException("it was asked to end");
    }

    /// <summary>Ends a child's standard input: one that waits for its orders has none, and ends.</summary>
    public static void Close(Process child)
    {
        try
        {
            child.StandardInput.Close();
        }
        catch (IOException)
        {
            // What was still to be written found nobody.
        }
    }
}
