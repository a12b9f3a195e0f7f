using AtomGrains.Core.Lanes;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;

namespace AtomGrains.Core.Tests.Parameters;

public class BlockTreeTests
{
    // By Python's hashlib: SHA-256 of 0x00 and the bytes of a leaf, of 0x01 and two hashes of a node; leaf k holds the
    // floats k and k + 0.5, the tree is RFC 6962's.
    private static readonly Dictionary<int, string> Known = new()
    {
        [1] = "6aa8108a3a7dc2e8717f857424dc70f26e2ec314fa0e661fc9883bd877e644d5",
        [2] = "daadea7c9487d315f9c79d50fa65b042654400dd48dda966148bc00aedf54835",
        [3] = "13714b34b854a2be473c5127cbcea9cb78eeb514b1ed5dfee53c759445a4638a",
        [7] = "91599b7d3baeb689d0325722ab31e6916c3ce2dea4b3fedd492c205d35e7bb57",
        [8] = "fa0255837e7b10bb8a6c126a3685e88b841742712aa9529c595f419a334279f9",
        [49] = "5cc77b68edf15365de29d4a75274e4212da39702a048e862640fed33aa9fde9a",
    };

    [Fact]
    public void TheRootIsTheOneOfRfc6962()
    {
        foreach (var (blocks, root) in Known)
        {
            Assert.Equal(root, BlockTree.Root(Leaves(blocks)).ToString());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(25)]
    [InlineData(49)]
    public void TheRootDoesNotDependOnTheNumberOfPartitions(int blocks)
    {
        var leaves = Leaves(blocks);
        for (var partitions = 1; partitions <= blocks; partitions++)
        {
            var layout = new PartitionLayout(blocks * 2, 2, partitions);
            var subtrees = layout.Partitions
                .Select(range => (range, proof: PartitionProof.Of(range, [.. leaves.Skip(range.FirstBlock).Take(range.Blocks)], blocks)))
                .SelectMany(entry => entry.proof.SubtreesOf(entry.range)).ToDictionary();
            Assert.Equal(BlockTree.Root(leaves), BlockTree.Root(subtrees, blocks));
        }
    }

    [Fact]
    public void EveryBitOfEveryBlockIsInTheRoot()
    {
        var blocks = Enumerable.Range(0, 5).Select(Block).ToArray();
        var root = RootOf(blocks);
        foreach (var block in blocks)
        {
            for (var bit = 0; bit < 32; bit++)
            {
                Flip(block, bit);
                Assert.NotEqual(root, RootOf(blocks));
                Flip(block, bit);
            }
        }

        (blocks[0], blocks[1]) = (blocks[1], blocks[0]);
        Assert.NotEqual(root, RootOf(blocks));

        static void Flip(float[] block, int bit) => block[1] = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(block[1]) ^ (1u << bit));
        static Sha256 RootOf(float[][] blocks) => BlockTree.Root([.. blocks.Select(block => Sha256.OfBlock(block))]);
    }

    [Fact]
    public void ABlockWithoutAHashIsRefused() =>
        Assert.Throws<ArgumentException>(() => BlockTree.Root(new Dictionary<TreeNode, Sha256> { [TreeNode.Leaf(0)] = default }, 2));

    [Fact]
    public void AModelOfManyBlocksReportsSubtreesAlone()
    {
        var range = new PartitionLayout(10, 2, 1).Partitions[0];
        Assert.Equal(5 * PartitionProof.LeafBytes, Convert.FromBase64String(PartitionProof.Of(range, Leaves(5), 5).Leaves!).Length);
        Assert.Null(PartitionProof.Of(range, Leaves(5), PartitionProof.MostLeaves + 1).Leaves);
    }

    private static float[] Block(int block) => [block, block + 0.5f];

    private static IReadOnlyList<Sha256> Leaves(int blocks) => [.. Enumerable.Range(0, blocks).Select(block => Sha256.OfBlock(Block(block)))];
}
