using System.Diagnostics;

namespace AtomGrains.Core.Tests.Parameters;

public class VectorWidthTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task ScalarReferencesHoldOnAProcessorWithout(string capability)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[capability] = "0";
        foreach (var word in new[] { "vstest", typeof(VectorWidthTests).Assembly.Location, "--TestCaseFilter:FullyQualifiedName~AdamWTests|FullyQualifiedName~BlockNormTests|FullyQualifiedName~VectorMathTests|FullyQualifiedName~KnownBitsTests" })
        {
            start.ArgumentList.Add(word);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output + await errors);
        Assert.Contains("Passed!  - Failed:     0", output, StringComparison.Ordinal);
    }
}
