using System.Globalization;
using AtomGrains.Grains.Wire;

namespace StartRun;

/// <summary>Says how a run gets on whenever there is something new, until it ends. It only asks, and can be left at any time.</summary>
internal sealed class RunWatch(Cluster cluster, TextWriter output, string name)
{
    private const int Finished = 0;
    private const int Stopped = 1;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private string? _said;

    /// <returns>The exit code: how the run ended.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        await cluster.FindAsync(name);
        try
        {
            while (true)
            {
                var (progress, reason) = await cluster.ProgressAsync(name);
                Say(progress is null ? $"{reason}; asking again" : InWords(progress));
                if (progress is { IsOver: true })
                {
                    return progress.Stopped is null ? Finished : Stopped;
                }

                await Task.Delay(Look, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            output.WriteLine($"run {name}: goes on without being watched");
            return ClientCommands.Left;
        }
    }

    private static string InWords(RunProgress progress)
    {
        var step = string.Create(CultureInfo.InvariantCulture, $"step {progress.Step} of {progress.Steps}");
        var workers = progress.View?.LaneOwners.Distinct().Count() ?? 0;
        var loss = progress.Loss is { } value ? string.Create(CultureInfo.InvariantCulture, $", loss {value:F4}") : "";
        return progress switch
        {
            { IsOver: true, Stopped: { } reason } => $"stopped at {step}: {reason}",
            { IsOver: true } => $"finished, {step}{loss}, weights {progress.Weights}",
            { IsPaused: true, View: null } => $"paused at {step}",
            { IsPaused: true } => $"coming to rest at {step}",
            { WaitingFor: { } what } => $"{step}{loss}, waiting for {what}",
            _ => $"{step}{loss}, {workers} workers",
        };
    }

    private void Say(string text)
    {
        if (text != _said)
        {
            _said = text;
            output.WriteLine($"run {name}: {text}");
        }
    }
}
