using Orleans.Configuration;

namespace AtomGrains.Silo.Membership;

/// <summary>
/// How soon the cluster gives a silo up. A step never waits for it, since nodes notice each other's end by themselves: it
/// decides how soon lost grains, the run grain above all, live again.
/// </summary>
public static class ClusterTiming
{
    public static void Apply(ClusterMembershipOptions options)
    {
        // With Orleans's defaults a killed silo is declared dead after 5 to 12 s, with these in 0.4 to 1 s. All three
        // must be set: the probe timeout adapts between the other two, and their defaults hold it above a second.
        options.ProbeTimeout = TimeSpan.FromMilliseconds(250);
        options.MinProbeTimeout = TimeSpan.FromMilliseconds(250);

        // A paused process leaves its connections open, so only this bound tells it from a slow one.
        options.MaxProbeTimeout = TimeSpan.FromMilliseconds(750);

        // One lost probe is a busy machine; two in a row are a death, and a wrong one costs no step: the silo restarts.
        options.NumMissedProbesLimit = 2;

        // Of two silos that are left, one must be able to give up the other.
        options.NumVotesForDeathDeclaration = 1;

        // A silo that joins reads the table at once; this is for those that missed the gossip.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);

        // Silos of an earlier attempt are of another cluster id and are not waited for.
        options.MaxJoinAttemptTime = TimeSpan.FromSeconds(30);
    }
}
