namespace AtomGrains.Core.Protocol;

/// <summary>What one node has counted since its process started.</summary>
/// <param name="EarlyRejected">Of a step, or of a view, that this node had yet to hear of.</param>
/// <param name="LateRejected">Of a step that is decided already.</param>
/// <param name="OtherHistoryRejected">Of another lineage or history, or for somebody who is not its partition's primary or its shard's holder.</param>
/// <param name="LanesRecomputed">Lanes computed in place of a lost worker, in a step already under way.</param>
/// <param name="LanesTaken">Lanes computed for a slower worker that handed them over.</param>
/// <param name="BytesSent">Of tensor frames; the host counts them.</param>
/// <param name="BytesReceived">Of tensor frames; the host counts them.</param>
/// <param name="SamplesFromHolders">Samples that lanes were computed on and that the holders of their shards had sent; the host counts them.</param>
/// <param name="SamplesFromFile">Those that the step loop has read from the file itself; the host counts them.</param>
/// <param name="NotTrustedRejected">Of a node that an audit has found to compute wrong bits.</param>
public sealed record NodeCounters(
    long DuplicatePushesRejected = 0,
    long StaleGenerationRejected = 0,
    long EarlyRejected = 0,
    long LateRejected = 0,
    long OtherHistoryRejected = 0,
    long ReplicaMismatches = 0,
    long LanesRecomputed = 0,
    long LanesComputed = 0,
    long LanesTaken = 0,
    long BytesSent = 0,
    long BytesReceived = 0,
    long SamplesFromHolders = 0,
    long SamplesFromFile = 0,
    long NotTrustedRejected = 0)
{
    public NodeCounters Plus(NodeCounters other) => new(
        DuplicatePushesRejected + other.DuplicatePushesRejected,
        StaleGenerationRejected + other.StaleGenerationRejected,
        EarlyRejected + other.EarlyRejected,
        LateRejected + other.LateRejected,
        OtherHistoryRejected + other.OtherHistoryRejected,
        ReplicaMismatches + other.ReplicaMismatches,
        LanesRecomputed + other.LanesRecomputed,
        LanesComputed + other.LanesComputed,
        LanesTaken + other.LanesTaken,
        BytesSent + other.BytesSent,
        BytesReceived + other.BytesReceived,
        SamplesFromHolders + other.SamplesFromHolders,
        SamplesFromFile + other.SamplesFromFile,
        NotTrustedRejected + other.NotTrustedRejected);
}
