using System.Diagnostics;
using AtomGrains.Commands;
using AtomGrains.Local;
using AtomGrains.Proofs;
using Xunit;

namespace AtomGrains.EndToEnd.Tests.Runs;

public sealed class OwnProgramTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AChildThatHasDiedIsToldItsOrdersWithoutAnError(bool isAll)
    {
        using var child = Start("exit 3");
        child.WaitForExit();

        OwnProgram.Tell(child, Orders("after its death"), RecomputeJson.Default.RecomputeOrders, isAll);

        Assert.Equal(3, child.ExitCode);
    }

    [Fact]
    public void OrdersThatFillThePipeOfAChildThatReadsNothingAreLeftWhenItDies()
    {
        using var child = Start("sleep 0.2; exit 3");

        // Larger than a pipe holds: the writing still waits when the child dies.
        OwnProgram.Tell(child, Orders(new string('x', 1 << 20)), RecomputeJson.Default.RecomputeOrders);

        child.WaitForExit();
        Assert.Equal(3, child.ExitCode);
    }

    [Fact]
    public async Task AChildReadsItsOrdersWholeAndTheirEnd()
    {
        using var child = Start("cat");
        var answer = child.StandardOutput.ReadToEndAsync();

        OwnProgram.Tell(child, Orders("folder"), RecomputeJson.Default.RecomputeOrders);

        Assert.Matches("^\\{.*\"folder\".*\\}\n$", await answer.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private static RecomputeOrders Orders(string folder) => new(folder, "store", "cpu", 1, 1, IsReplay: false, null);

    private static Process Start(string script) => Process.Start(new ProcessStartInfo("/bin/sh")
    {
        ArgumentList = { "-c", script },
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;
}
