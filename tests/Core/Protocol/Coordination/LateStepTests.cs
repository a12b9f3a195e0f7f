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
    public void TheOneThatMostAnswersNameIsBlamed(string what, string[] answers, int? blamed) => Blames(what, answers, [], [], blamed);

    [Theory]
    [InlineData("of a broken link, the end that the run can do without", new[] { "1 replica 2", "2 lane 0" }, new int[0], new[] { 2 }, 1)]
    [InlineData("most answers count for more than that", new[] { "1 lane 2", "2 lane 0", "3 lane 2" }, new int[0], new[] { 2 }, 2)]
    [InlineData("neither end can be done without: the younger", new[] { "1 replica 2", "2 lane 0" }, new int[0], new[] { 1, 2 }, 2)]
    [InlineData("who waits for a retired node cannot reach it", new[] { "3 parameters 0" }, new[] { 1 }, new[] { 1 }, 3)]
    [InlineData("a retired primary still says whose lanes do not come", new[] { "1 lane 3" }, new[] { 1 }, new[] { 1 }, 3)]
    [InlineData("two retired nodes blame nobody", new[] { "1 replica 2", "2 lane 0" }, new[] { 1, 2 }, new[] { 1, 2 }, null)]
    public void WhoIsRetiredIsNotBlamedAgainAndWhoCannotBeSparedComesLast(string what, string[] answers, int[] retired, int[] needed, int? blamed) =>
        Blames(what, answers, retired, needed, blamed);

    [Fact]
    public void ItKnowsWhenItAsked() => Assert.Equal(TimeSpan.FromSeconds(7), _late.Asked);

    private void Blames(string what, string[] answers, int[] retired, int[] needed, int? blamed)
    {
        foreach (var answer in answers)
        {
            Add(answer);
        }

        var actual = _late.Blamed(View, node => retired.Contains(node.Value), node => !needed.Contains(node.Value))?.Value;
        Assert.True(actual == blamed, $"{what}: {actual} instead of {blamed}");
    }

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
