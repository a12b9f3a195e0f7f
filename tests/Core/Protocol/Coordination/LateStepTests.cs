using AtomGrains.Core.Lanes;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Core.Tests.Protocol.Coordination;

public class LateStepTests
{
    // Four lanes to nodes 1, 1, 2, 3; partition 0 on nodes 1 and 2, partition 1 on nodes 2 and 3.
    private static readonly View View = new()
    {
        Generation = new Generation(1),
        Lineage = new Lineage(new Generation(1)),
        Members = [.. Enumerable.Range(1, 4).Select(node => new Member(new NodeId(node), node - 1, $"{node}"))],
        LaneOwners = [new NodeId(1), new NodeId(1), new NodeId(2), new NodeId(3)],
        Partitions = [new PartitionPlacement(new NodeId(1), new NodeId(2)), new PartitionPlacement(new NodeId(2), new NodeId(3))],
    };

    private readonly LateStep _late = new(TimeSpan.FromSeconds(7));

    public static TheoryData<string, string[], int?> Answers => new()
    {
        { "nobody has answered", [], null },
        { "nobody waits", ["1", "2"], null },
        { "an owner of a missing lane", ["1 lane 3"], 3 },
        { "a backup that does not acknowledge", ["2 replica 3"], 3 },
        { "a joiner that does not acknowledge", ["1 replica 4"], 4 },
        { "whoever more nodes wait for", ["1 lane 2", "2 lane 3", "3 lane 2"], 2 },
        { "lanes and acknowledgements count alike", ["1 lane 3", "2 replica 3", "3 lane 2"], 3 },
        { "one node's two lanes are one answer", ["1 lane 0 lane 1", "2 lane 3", "3 lane 3"], 3 },
        { "a subtree is all its owners'", ["1 lanes 2-3", "2 lane 3"], 3 },
        { "of a broken link each end names the other: the younger", ["1 replica 2", "2 lane 0"], 2 },
        { "who lacks parameters waits for their primary", ["3 parameters 0", "4 parameters 0"], 1 },
        { "two partitions of two primaries", ["3 parameters 0 parameters 1", "4 parameters 1"], 2 },
        { "parameters count when nothing else does", ["1 parameters 1", "3 parameters 1", "4 parameters 1", "2 lane 0"], 1 },
        { "a node's second answer replaces its first", ["1 lane 3", "1 lane 2"], 2 },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void TheOneThatMostAnswersNameIsBlamed(string what, string[] answers, int? blamed)
    {
        foreach (var answer in answers)
        {
            Add(answer);
        }

        var expected = blamed is { } node ? new NodeId(node) : (NodeId?)null;
        Assert.True(_late.Blamed(View) == expected, $"{what}: {_late.Blamed(View)} instead of {expected}");
    }

    [Fact]
    public void ItKnowsWhenItAsked() => Assert.Equal(TimeSpan.FromSeconds(7), _late.Asked);

    // "NODE [lane L] [lanes A-B] [replica NODE] [parameters PARTITION] ...": who says it, and what it waits for.
    private void Add(string answer)
    {
        var words = answer.Split(' ');
        var lanes = new List<TreeNode>();
        var replicas = new List<NodeId>();
        var parameters = new List<PartitionId>();
        for (var i = 1; i < words.Length; i += 2)
        {
            switch (words[i])
            {
                case "lane":
                    lanes.Add(TreeNode.Leaf(int.Parse(words[i + 1])));
                    break;
                case "lanes":
                    lanes.Add(TreeNode.Leaf(int.Parse(words[i + 1].Split('-')[0])).Parent);
                    break;
                case "replica":
                    replicas.Add(new NodeId(int.Parse(words[i + 1])));
                    break;
                case "parameters":
                    parameters.Add(new PartitionId(int.Parse(words[i + 1])));
                    break;
                default:
                    throw new ArgumentException(words[i], nameof(answer));
            }
        }

        _late.Add(new NodeId(int.Parse(words[0])), new WaitsFor(View.Generation, lanes, replicas, parameters));
    }
}
