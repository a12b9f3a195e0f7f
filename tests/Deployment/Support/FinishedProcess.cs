using System.Diagnostics;

namespace AtomGrains.Deployment.Tests.Support;

/// <summary>A program that has been run to its end, and what it said.</summary>
internal sealed record FinishedProcess(int ExitCode, string Output, string Errors)
{
    /// <summary>Ends it, and throws TimeoutException, when it takes longer than the limit.</summary>
    public static FinishedProcess Run(TimeSpan limit, IReadOnlyDictionary<string, string> environment, string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {limit.TotalSeconds} s");
        }

        return new FinishedProcess(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    /// <summary>What it wrote to standard output; the test fails unless it ended with 0.</summary>
    public string OutputOfSuccess()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Errors}");
        return Output;
    }
}
