using System.Diagnostics;
using System.Globalization;
using AtomGrains.Node.Telemetry;

namespace AtomGrains.Node.Tests.Telemetry;

public sealed class ProcessStartTests
{
    [Fact]
    public void TheStartOfTheProcessIsToldUnderTheNameThatAllLibrariesUse()
    {
        using var self = Process.GetCurrentProcess();
        var line = Assert.Single(ProcessStart.Text.Split('\n'), line => line.StartsWith("process_start_time_seconds ", StringComparison.Ordinal));
        var since1970 = (self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
        Assert.Equal(since1970, double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture), 3);
    }
}
