using AtomGrains.Local.Devices;

namespace AtomGrains.EndToEnd.Tests.Local.Devices;

public class DeviceMemoryTests
{
    private const long GiB = 1L << 30;

    [Theory]
    [InlineData("cpu", "32")]
    [InlineData("cpu,cpu", "16,16")]
    [InlineData("cuda:0", "80")]
    [InlineData("cuda:1,cuda:0", "24,80")]
    [InlineData("cuda:0,cuda:1,cuda:0", "40,24,40")]
    [InlineData("cuda:2", "")]
    public void OfADeviceThatIsNamedSeveralTimesEachHasItsPart(string devices, string each)
    {
        var has = DeviceMemory.Of(devices.Split(','), () => 32 * GiB, index => index switch { 0 => 80 * GiB, 1 => 24 * GiB, _ => null });
        Assert.Equal(each, string.Join(',', has.Select(bytes => bytes / GiB)));
    }

    [Theory]
    [InlineData(16, 16, null)]
    [InlineData(16, 24, null)]
    [InlineData(16, 15, "--device-memory 16GiB: must be at most 15.0GiB, which cuda:1 has here")]
    [InlineData(16, null, "--device-memory 16GiB: cannot be asked for: nobody can tell how much cuda:1 has here")]
    public void ADeviceThatHasLessThanIsAskedForIsALine(int asked, int? has, string? error) =>
        Assert.Equal(error, DeviceMemory.ErrorOf("--device-memory", asked * GiB, ["cuda:0", "cuda:1"], [80 * GiB, has * GiB])?.ToString());
}
