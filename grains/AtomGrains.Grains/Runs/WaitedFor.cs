using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>What a run waits for: said when it changes, in the log and in the run folder for who shows the run.</summary>
/// <param name="note">For the log.</param>
internal sealed class WaitedFor(string folder, Action<string> note)
{
    private string? _written;

    /// <summary>In words; null while nothing is waited for.</summary>
    public string? What { get; private set; }

    public void Is(string? what)
    {
        if (what != What)
        {
            note(what is null ? "going on" : $"waiting for {what}");
        }

        Keep(what);
    }

    /// <summary>The run is over or rests.</summary>
    public void IsNothing() => Keep(null);

    private void Keep(string? what)
    {
        What = what;
        if (what != _written && RunNote.Waiting.TryWrite(folder, what))
        {
            _written = what;
        }
    }
}
