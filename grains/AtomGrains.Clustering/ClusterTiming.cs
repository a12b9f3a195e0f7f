using AtomGrains.Core.Options;
using Orleans.Configuration;

namespace AtomGrains.Clustering;

/// <summary>
/// How soon the cluster gives a silo up. A step never waits for it, since nodes notice each other's end by themselves: it
/// decides how soon lost grains, the run grain above all, live again.
/// </summary>
public static class ClusterTiming
{
    public static void Apply(ClusterMembershipOptions options, MembershipOptions wanted)
    {
        // A killed silo is reported by its neighbours within milliseconds, so probes are for what is paused or cut off.
        // With Orleans's defaults that takes 5 to 12 s and more. All three must be set: the probe timeout adapts between
        // the other two, and their defaults hold it above a second.
        options.ProbeTimeout = wanted.ProbeTimeout;
        options.MinProbeTimeout = wanted.ProbeTimeout;

        // A paused process leaves its connections open, so only this bound tells it from a slow one.
        options.MaxProbeTimeout = 2 * wanted.ProbeTimeout;
        options.NumMissedProbesLimit = wanted.MissedProbes;

        // Of two silos that are left, one must be able to give up the other.
        options.NumVotesForDeathDeclaration = 1;

        // A silo that joins reads the table at once; this is for those that missed the gossip.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);

        // Silos of an earlier attempt are of another cluster id and are not waited for.
        options.MaxJoinAttemptTime = TimeSpan.FromSeconds(30);
    }

    /// <summary>The same for silos that stand whether there is a run or not.</summary>
    public static void ApplyStanding(ClusterMembershipOptions options, MembershipOptions wanted)
    {
        Apply(options, wanted);

        // A membership store may be away for a while; an orchestrator would only start the same silo again.
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(5);

        // Where all silos have died at once, their rows say that they live: new ones wait one of these for whoever's port is
        // refused, and three for who does not answer at all, before they declare them dead.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);

        // Pods come and go under new addresses; a row of the dead is of use to nobody after a day.
        options.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
