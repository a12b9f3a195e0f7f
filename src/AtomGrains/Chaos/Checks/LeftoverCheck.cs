using System.Diagnostics;
using AtomGrains.Chaos.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Chaos.Checks;

/// <summary>Nothing of a run that has ended is left to hold the machine's memory, its files or its run folder (I12).</summary>
internal sealed class LeftoverCheck(LiveRun run)
{
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    public IEnumerable<string> Violations()
    {
        for (var started = Stopwatch.GetTimestamp(); run.Mark.Living().Count > 0 && Stopwatch.GetElapsedTime(started) < GoneWithin;)
        {
            Thread.Sleep(Poll);
        }

        if (run.Mark.Living() is { Count: > 0 } living)
        {
            yield return $"I12: processes {string.Join(' ', living)} were left behind";
        }

        if (RunFolderLock.IsHeld(run.Folder))
        {
            yield return "I12: the run folder is still held";
        }

        if (File.Exists(Path.Combine(run.Folder, SupervisorPost.FileName)))
        {
            yield return $"I12: {SupervisorPost.FileName} is left, with the run's secret";
        }

        // Of processes that were killed as they wrote, some may be left where nobody writes any more; in the run folder itself, none.
        if (Directory.EnumerateFiles(run.Folder, DurableFile.TemporaryPrefix + "*").FirstOrDefault() is { } temporary)
        {
            yield return $"I12: {Path.GetFileName(temporary)} is left of a file that was being written";
        }
    }
}
