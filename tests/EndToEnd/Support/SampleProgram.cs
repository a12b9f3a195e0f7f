using System.Diagnostics;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A program of <c>samples/</c>, as a user would start it.</summary>
internal static class SampleProgram
{
    /// <summary>The program beside these tests.</summary>
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, name);

    public static Process Start(string program, params string[] arguments) => Start(program, new Dictionary<string, string>(), arguments);

    /// <param name="environment">Beside that of the tests.</param>
    public static Process Start(string program, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (variable, value) in environment)
        {
            info.Environment[variable] = value;
        }

        return Process.Start(info)!;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Ended> Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        return await Finish(process);
    }

    public static async Task<Ended> Finish(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await errors);
    }
}
