namespace AtomGrains.Core.Tests.Architecture;

/// <summary>Node's Transport, Storage and Telemetry know neither each other nor the actors (DESIGN.md, section 3).</summary>
public sealed class NodeNamespaceTests
{
    private const string Node = "AtomGrains.Node";
    private static readonly string[] Parts = ["Transport", "Storage", "Telemetry"];
    private static readonly string[] Others = ["Transport", "Storage", "Telemetry", "Workers", "Partitions", "Shards"];

    [Fact]
    public void TransportStorageAndTelemetryKnowNeitherEachOtherNorTheActors()
    {
        using var node = new TypeUses(Repository.AssemblyOf(Node));
        Assert.DoesNotContain(node.Namespaces(), use =>
            Parts.Any(part => IsIn(use.From, part) && Others.Any(other => other != part && IsIn(use.To, other))));
    }

    [Fact]
    public void TheCheckSeesWhatAMethodBodyUses()
    {
        using var tests = new TypeUses(Repository.TestAssembly);
        // ImpureExample mentions sockets in a body only, and inside a closure or state machine nothing is lost.
        Assert.Contains((typeof(ImpureExample).Namespace!, "System.Net.Sockets"), tests.Namespaces());
    }

    private static bool IsIn(string used, string part) =>
        used == $"{Node}.{part}" || used.StartsWith($"{Node}.{part}.", StringComparison.Ordinal);
}
