using AtomGrains.Local.Devices;

namespace AtomGrains.EndToEnd.Tests.Local.Devices;

/// <summary>What the system says of memory, as files that look like its own.</summary>
public sealed class MachineMemoryTests : IDisposable
{
    private const long Machine = 32_000_000L * 1024;
    private const long Limit = 4L << 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-memory-").FullName;

    public MachineMemoryTests() => Write("proc/meminfo", "MemTotal:       32000000 kB\nMemFree:        1000 kB\n");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WithoutAGroupItIsTheMachines() => Assert.Equal(Machine, Bytes);

    [Fact]
    public void WhereTheSystemSaysNothingNobodyCanTell()
    {
        File.Delete(Path.Combine(_folder, "proc/meminfo"));
        Assert.Null(Bytes);
    }

    [Theory]
    [InlineData("0::/pods/mine\n", "pods/mine/memory.max")]
    [InlineData("0::/pods/mine\n", "pods/memory.max")]
    [InlineData("0::/\n", "memory.max")]
    [InlineData("3:cpu,cpuacct:/x\n2:memory:/pods/mine\n", "memory/pods/mine/memory.limit_in_bytes")]

    // In a container that is shown the groups of its machine by their names, and its own as the root.
    [InlineData("2:memory:/pods/mine\n0::/pods/mine\n", "memory/memory.limit_in_bytes")]
    public void ItIsTheLimitOfTheGroupOrOfOneAboveIt(string groups, string file)
    {
        Write("proc/self/cgroup", groups);
        Assert.Equal(Machine, Bytes);
        Write($"groups/{file}", $"{Limit}\n");
        Assert.Equal(Limit, Bytes);
    }

    [Theory]
    [InlineData("max")]
    [InlineData("9223372036854771712")]
    public void NoLimitIsNone(string limit)
    {
        Write("proc/self/cgroup", "0::/mine\n");
        Write("groups/mine/memory.max", $"{limit}\n");
        Assert.Equal(Machine, Bytes);
    }

    [Fact]
    public void OfSeveralLimitsTheLeastCounts()
    {
        Write("proc/self/cgroup", "0::/pods/mine\n");
        Write("groups/pods/memory.max", $"{Limit}\n");
        Write("groups/pods/mine/memory.max", $"{2 * Limit}\n");
        Assert.Equal(Limit, Bytes);
    }

    [Fact]
    public void ThisMachineHasSome() => Assert.InRange(MachineMemory.Bytes() ?? 0, 1L << 28, long.MaxValue);

    private long? Bytes => MachineMemory.Bytes(Path.Combine(_folder, "proc"), Path.Combine(_folder, "groups"));

    private void Write(string file, string text)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
