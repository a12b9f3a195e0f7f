using AtomGrains.Core.Options;
using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains.Runs;

/// <summary>Has this silo's catalog make the folder.</summary>
public sealed class RunMakerGrain(IRunCatalog catalog) : Grain, IRunMakerGrain
{
    public async Task<RunAnswer> Make(RunRequest request)
    {
        // The next one may be for another kind of device, and is placed anew.
        DeactivateOnIdle();
        try
        {
            await Task.Run(() => catalog.Make(request));
            return new RunAnswer([]);
        }
        catch (InvalidSettingsException error)
        {
            return new RunAnswer([.. error.Errors.Select(one => one.ToString())]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            // Of the folder that the runs are in, or of the store of checkpoints.
            return new RunAnswer([$"the run cannot be made: {error.Message}"]);
        }
    }
}
