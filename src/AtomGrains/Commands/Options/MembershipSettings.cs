using AtomGrains.Core.Options;

namespace AtomGrains.Commands.Options;

/// <summary>Reads how soon silos give one another up: those of <c>--host orleans</c>, and those that stand.</summary>
internal static class MembershipSettings
{
    // Below, every pause of a collector is a death; above, a grain of a silo that is cut off lives again after minutes.
    private const double LeastProbeTimeout = 0.1;
    private const double MostProbeTimeout = 60;
    private const int MostMissedProbes = 100;

    public static MembershipOptions Read(SettingValues values) => new()
    {
        ProbeTimeout = values.Seconds(Settings.ProbeTimeout, LeastProbeTimeout, MostProbeTimeout),
        MissedProbes = values.Count(Settings.MissedProbes, 1, MostMissedProbes),
    };
}
