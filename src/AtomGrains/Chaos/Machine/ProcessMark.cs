using System.Diagnostics;
using System.Globalization;
using AtomGrains.Node.Workers;

namespace AtomGrains.Chaos.Machine;

/// <summary>
/// A mark in the environment of a process, which everything that it starts carries as well: so what is left of a run can
/// be found whatever became of its supervisor.
/// </summary>
internal sealed class ProcessMark
{
    private const string Variable = "ATOMGRAINS_MARK";

    private readonly string _value = Guid.NewGuid().ToString("N");

    public void PutOn(ProcessStartInfo info) => info.Environment[Variable] = _value;

    /// <summary>Every process with the mark that lives, paused ones included.</summary>
    public IReadOnlyList<int> Living() =>
        [.. Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0).Where(pid => pid > 0 && IsOn(pid))];

    /// <summary>Ends all of them at once: all are paused first, so that none of them lives to see another die.</summary>
    /// <param name="but">Processes that shall live.</param>
    public void KillAll(params IReadOnlyCollection<int> but)
    {
        foreach (var signal in (int[])[Signals.Stop, Signals.Kill])
        {
            foreach (var pid in Living().Except(but))
            {
                Signals.Send(pid, signal);
            }
        }
    }

    private bool IsOn(int pid)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ")).Split('\0').Contains($"{Variable}={_value}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
