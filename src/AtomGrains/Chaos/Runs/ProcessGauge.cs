using System.Diagnostics;
using System.Globalization;

namespace AtomGrains.Chaos.Runs;

/// <summary>The most file descriptors that any process of a run has held, looked at now and then (I12).</summary>
internal sealed class ProcessGauge
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    private long _last;

    public int MostDescriptors { get; private set; }

    public void Look(Func<IReadOnlyList<int>> processes)
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < Between)
        {
            return;
        }

        _last = Stopwatch.GetTimestamp();
        foreach (var pid in processes())
        {
            MostDescriptors = Math.Max(MostDescriptors, DescriptorsOf(pid));
        }
    }

    private static int DescriptorsOf(int pid)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).Count();
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
