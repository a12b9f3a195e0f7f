using AtomGrains.Local;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>
/// <c>device-check DEVICE</c>: whether a device still computes, asked in a process of its own, since the one in which it
/// failed cannot be trusted to tell.
/// </summary>
internal static class DeviceCheckCommand
{
    public const string Name = "device-check";

    // A device that hangs is one that fails; loading CUDA takes some seconds.
    public static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(60);

    /// <summary>The child's side: exit code 0, or 1 and what is wrong on standard error.</summary>
    public static int Run(string[] arguments)
    {
        try
        {
            if (DeviceCheck.Run(arguments.ElementAtOrDefault(1) ?? "cpu") is not { } wrong)
            {
                return 0;
            }

            Console.Error.WriteLine(wrong);
        }
        catch (Exception error)
        {
            // The edge of this process: whatever the engine throws is the answer.
            Console.Error.WriteLine($"{error.GetType().Name}: {error.Message.Split('\n')[0]}");
        }

        return 1;
    }

    /// <summary>
    /// The parent's side: what is wrong, or null. A check that cannot be made, as at a limit of the system's processes, is one
    /// that failed: the task never does.
    /// </summary>
    /// <param name="environment">Of the process; null for that of a worker with one thread.</param>
    public static async Task<string?> AskAsync(string device, IReadOnlyDictionary<string, string>? environment = null)
    {
        try
        {
            return await AskProcessAsync(device, environment ?? WorkerEnvironment.Variables(threads: 1)).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // The host's edge: it lives, whatever becomes of a device.
            return $"cannot be checked: {error.Message}";
        }
    }

    private static async Task<string?> AskProcessAsync(string device, IReadOnlyDictionary<string, string> environment)
    {
        var info = OwnProgram.StartInfo(environment, Name, device);
        info.RedirectStandardError = info.RedirectStandardOutput = true;
        using var child = System.Diagnostics.Process.Start(info)!;
        var errors = child.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(LongestCheck);
        try
        {
            await child.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            return $"no answer within {LongestCheck.TotalSeconds} s";
        }

        return child.ExitCode == 0 ? null : (await errors.ConfigureAwait(false)).Split('\n')[0] is { Length: > 0 } said ? said : $"exit code {child.ExitCode}";
    }
}
