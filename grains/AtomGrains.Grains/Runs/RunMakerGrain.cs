using AtomGrains.Core.Options;
using AtomGrains.Grains.Wire;
using Microsoft.Extensions.Logging;

namespace AtomGrains.Grains.Runs;

/// <summary>Has this silo's catalog make the folder, or change what it says of the run's environment.</summary>
public sealed partial class RunMakerGrain(IRunCatalog catalog, ILogger<RunMakerGrain> logger) : Grain, IRunMakerGrain
{
    public Task<RunAnswer> Make(RunRequest request) => AnswerAsync("made", () => catalog.Make(request));

    public Task<RunAnswer> Adopt() => AnswerAsync("changed", () =>
    {
        if (catalog.Adopt(this.GetPrimaryKeyString()) is { } change)
        {
            LogAdopted(this.GetPrimaryKeyString(), change);
        }
    });

    private async Task<RunAnswer> AnswerAsync(string done, Action work)
    {
        // The next one may be for another kind of device, and is placed anew.
        DeactivateOnIdle();
        try
        {
            await Task.Run(work);
            return new RunAnswer([]);
        }
        catch (InvalidSettingsException error)
        {
            return new RunAnswer([.. error.Errors.Select(one => one.ToString())]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            // Of the folder that the runs are in, or of the store of checkpoints.
            return new RunAnswer([$"the run cannot be {done}: {error.Message}"]);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "run {Run} goes on in another environment from its newest checkpoint, and its bits may change from there: {Change}")]
    private partial void LogAdopted(string run, string change);
}
