using MessagePack;

namespace AtomGrains.Grains.Wire;

/// <summary>Control messages between the run grain and one worker grain, in order.</summary>
/// <param name="Version"><see cref="WireContract.Version"/> of the sender.</param>
/// <param name="Node">The node they come from or go to.</param>
/// <param name="Silos">Where nodes live: all that are known with a view, the sender's with a report.</param>
[MessagePackObject]
[Immutable]
public sealed record ControlBatch(
    [property: Key(0)] int Version,
    [property: Key(1)] int Node,
    [property: Key(2)] IReadOnlyList<WireControl> Messages,
    [property: Key(3)] IReadOnlyList<NodeSilo> Silos);

/// <summary>The silo on which a node lives.</summary>
/// <param name="Silo">Orleans's parsable silo address.</param>
[MessagePackObject]
[Immutable]
public sealed record NodeSilo([property: Key(0)] int Node, [property: Key(1)] string Silo);
