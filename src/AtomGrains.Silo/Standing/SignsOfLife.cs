using Orleans.Runtime;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// How long members have given no sign of life, by the looks of one who watches their table: by its own clock, and only as
/// long as the table answers. A row that is stale when it is seen for the first time proves nothing: while the table was
/// away nobody could write, and those who live need a moment to do so again.
/// </summary>
internal sealed class SignsOfLife
{
    private readonly Dictionary<SiloAddress, (DateTime Sign, TimeSpan Seen)> _signs = [];

    /// <summary>The table answered.</summary>
    /// <param name="now">On a clock that does not go back.</param>
    public void Look(IEnumerable<(SiloAddress Silo, DateTime Sign)> members, TimeSpan now)
    {
        foreach (var (silo, sign) in members)
        {
            if (!_signs.TryGetValue(silo, out var known) || known.Sign != sign)
            {
                _signs[silo] = (sign, now);
            }
        }
    }

    /// <summary>The table did not answer: what was seen before says nothing about the time after.</summary>
    public void Lose() => _signs.Clear();

    /// <returns>Zero for one that was never seen.</returns>
    public TimeSpan SilenceOf(SiloAddress silo, TimeSpan now) => _signs.TryGetValue(silo, out var known) ? now - known.Seen : TimeSpan.Zero;
}
