using System.Security.Cryptography;
using System.Text;
using AtomGrains.Core.Parameters;
using AtomGrains.Node.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace AtomGrains.Node.Tests.Storage;

public class SafeTensorsTests
{
    private const string One = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";

    /// <summary>Header, bytes of data, what the refusal says.</summary>
    public static TheoryData<string, int, string> Malformed() => new()
    {
        { "[]", 0, "header must start with {" },
        { " {}", 0, "header must start with {" },
        { "{", 0, "not JSON" },
        { """{"a":1}""", 0, "entry a must be an object" },
        { """{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype (none); must be F32" },
        { """{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}""", 2, "dtype F16; must be F32" },
        { """{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "has no list shape" },
        { """{"a":{"dtype":"F32","shape":[1]}}""", 4, "has no list data_offsets" },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "shape must hold whole numbers from 0" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "shape must hold whole numbers from 0" },
        { """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "shape must hold whole numbers from 0" },
        { """{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}""", 4, "is too large" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "data_offsets must be two numbers" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "ends at 0, before it begins at 4" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "has 4 bytes; its shape asks for 8" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "must begin at 0, without hole or overlap" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "tensor b begins at 0; must begin at 4" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "tensor b begins at 8; must begin at 4" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "names something twice" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "unknown field x" },
        { One, 3, "tensors cover 4 bytes of 3" },
        { One, 5, "tensors cover 4 bytes of 5" },
        { "{}", 1, "tensors cover 0 bytes of 1" },
        { """{"__metadata__":{"a":1}}""", 0, "__metadata__.a must be a string" },
        { """{"__metadata__":[]}""", 0, "__metadata__ must be an object of strings" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void AMalformedFileIsRefusedWithTheReason(string header, int dataBytes, string reason)
    {
        using var stream = new MemoryStream([.. BitConverter.GetBytes((ulong)header.Length), .. Encoding.UTF8.GetBytes(header), .. new byte[dataBytes]]);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => SafeTensorsReader.Read(stream)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, 0, "has 7 bytes")]
    [InlineData(20, 13, "header of 13 bytes in a file of 20")]
    [InlineData(20, 100_000_001, "must be at most 100000000")]
    [InlineData(20, ulong.MaxValue, "must be at most 100000000")]
    public void AHeaderLengthThatCannotBeIsRefused(int fileBytes, ulong headerBytes, string reason)
    {
        var content = new byte[Math.Max(fileBytes, 8)];
        BitConverter.TryWriteBytes(content, headerBytes);
        using var stream = new MemoryStream(content[..fileBytes]);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => SafeTensorsReader.Read(stream)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryCutOfAFileIsRefused()
    {
        var whole = Write(Layout(("b", [2, 3]), ("a", [4])), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        for (var cut = 0; cut < whole.Length; cut++)
        {
            using var stream = new MemoryStream(whole[..cut]);
            Assert.Throws<InvalidDataException>(() => SafeTensorsReader.Read(stream));
        }
    }

    [Fact]
    public void ReadingWhatWasWrittenGivesTheSameBits() => Prop.ForAll(
        Gen.Choose(0, 5).ListOf().Select(sizes => sizes.ToArray()).ListOf().Select(shapes => shapes.Take(6).Select(shape => shape.Take(3).ToArray()).ToArray()).ToArbitrary(),
        ArbMap.Default.ArbFor<int>(),
        (shapes, seed) =>
        {
            var layout = Layout([.. shapes.Select((shape, index) => ($"layer.{shapes.Length - index}\"é", shape))]);
            var flat = Enumerable.Range(0, layout.Elements).Select(place => BitConverter.Int32BitsToSingle(HashCode.Combine(seed, place))).ToArray();
            using var stream = new MemoryStream(Write(layout, flat));
            var tensors = SafeTensorsReader.Read(stream).Tensors.ToDictionary(tensor => tensor.Name);
            Assert.Equal(layout.Entries.Count, tensors.Count);
            foreach (var entry in layout.Entries)
            {
                Assert.Equal(entry.Shape.Select(size => (long)size), tensors[entry.Name].Shape);
                Assert.Equal(
                    flat.AsSpan(entry.ElementOffset, entry.Elements).ToArray().Select(BitConverter.SingleToInt32Bits),
                    tensors[entry.Name].Values.Select(BitConverter.SingleToInt32Bits));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void TheBytesAreThoseOfTheReferenceFormat()
    {
        var content = Write(Layout(("b", [1, 2]), ("a", [1])), [1, 2, 3]);
        const string header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        Assert.Equal([.. BitConverter.GetBytes((ulong)padded.Length), .. Encoding.ASCII.GetBytes(padded), 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x3F, 0, 0, 0, 0x40], content);
    }

    [Fact]
    public void TheWeightsHashIsOfTheBytesInFlatOrder()
    {
        var expected = Convert.ToHexStringLower(SHA256.HashData([0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]));
        Assert.Equal(expected, WeightsHash.Of([1, -2]));
        Assert.NotEqual(expected, WeightsHash.Of([-2, 1]));
        Assert.NotEqual(WeightsHash.Of([0.0f]), WeightsHash.Of([-0.0f]));
    }

    private static ParameterLayout Layout(params (string Name, int[] Shape)[] tensors)
    {
        var offset = 0;
        var entries = new List<ParameterEntry>();
        foreach (var (name, shape) in tensors)
        {
            entries.Add(new ParameterEntry(name, shape, offset, true));
            offset += entries[^1].Elements;
        }

        return new ParameterLayout(entries);
    }

    private static byte[] Write(ParameterLayout layout, float[] flat)
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, layout, flat);
        return stream.ToArray();
    }
}
