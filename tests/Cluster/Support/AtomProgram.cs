using System.Diagnostics;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>The program under test: one that references the Orleans host, beside these tests.</summary>
internal static class AtomProgram
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "AtomGrains.Silo");

    /// <summary>The program, started through others that set limits or a process group, when any are named.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments, params string[] through)
    {
        string[] all = [.. through, Path, .. arguments];
        return new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }
}

/// <summary>How the program ended and what it said.</summary>
internal sealed record Ended(int ExitCode, string Output, string Errors);
