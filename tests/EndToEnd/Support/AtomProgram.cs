using System.Diagnostics;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>The program under test: the one that <c>./atom test</c> has built, else the one beside these tests.</summary>
internal static class AtomProgram
{
    private const string Variable = "ATOMGRAINS_PROGRAM";

    public static string Path { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } built
        ? built
        : System.IO.Path.Combine(AppContext.BaseDirectory, "AtomGrains");

    /// <summary>The program, started through others that set limits or a process group, when any are named.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments, params string[] through)
    {
        string[] all = [.. through, Path, .. arguments];
        return new ProcessStartInfo(all[0], all[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }

    /// <summary>Runs it to its end.</summary>
    public static Task<Ended> Run(params string[] arguments) => Run([], arguments);

    /// <summary>The same, started in a folder.</summary>
    public static Task<Ended> RunIn(string folder, params string[] arguments) => RunIn(folder, new Dictionary<string, string?>(), arguments);

    /// <inheritdoc cref="RunIn(string, string[])"/>
    /// <param name="environment">What it has of its own.</param>
    public static Task<Ended> RunIn(string folder, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var info = StartInfo(arguments);
        info.WorkingDirectory = folder;
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return ToEnd(info);
    }

    /// <inheritdoc cref="Run(string[])"/>
    /// <param name="through">Programs to start it through.</param>
    public static Task<Ended> Run(string[] through, params string[] arguments) => ToEnd(StartInfo(arguments, through));

    private static async Task<Ended> ToEnd(ProcessStartInfo info)
    {
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await errors);
    }
}

/// <summary>How the program ended and what it said.</summary>
internal sealed record Ended(int ExitCode, string Output, string Errors);
