using System.Globalization;
using Orleans.Runtime;

namespace AtomGrains.Clustering;

/// <summary>A silo in the membership table.</summary>
/// <param name="ETag">The table's version at which the row was written last.</param>
internal sealed record MembershipRow(
    string ETag, string Silo, int Status, IReadOnlyList<MembershipVote> Votes, int ProxyPort, string HostName, string SiloName, DateTime Started)
{
    public static MembershipRow Of(MembershipEntry entry, int version) => new(
        version.ToString(CultureInfo.InvariantCulture),
        entry.SiloAddress.ToParsableString(),
        (int)entry.Status,
        [.. (entry.SuspectTimes ?? []).Select(vote => new MembershipVote(vote.Item1.ToParsableString(), vote.Item2))],
        entry.ProxyPort,
        entry.HostName,
        entry.SiloName,
        entry.StartTime);

    public Tuple<MembershipEntry, string> ToEntry(DateTime alive) => Tuple.Create(
        new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(Silo),
            Status = (SiloStatus)Status,
            SuspectTimes = [.. Votes.Select(vote => Tuple.Create(SiloAddress.FromParsableString(vote.Silo), vote.At))],
            ProxyPort = ProxyPort,
            HostName = HostName,
            SiloName = SiloName,
            StartTime = Started,
            IAmAliveTime = alive,
        },
        ETag);
}

/// <summary>Who suspects a silo, and since when.</summary>
internal sealed record MembershipVote(string Silo, DateTime At);
