using AtomGrains.Commands;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.EndToEnd.Tests.Commands;

public class CommandLineTests
{
    [Fact]
    public async Task TrainGetsWhatWasAskedFor()
    {
        var (code, options, errors) = await Run(
            "train", "--data", "text", "--out", "run", "--workers", "3", "--bias", "--quiet", "--clip", "0", "--fault", "kill:worker=1@step=30/seal", "--fault", "scale=2@step=40", "--device", "cpu");
        Assert.Equal((0, ""), (code, errors));
        Assert.Equal(("text", "run", 3, true, true, 0.0), (options!.Data, options.Out, options.Workers, options.Spec.Model.Bias, options.Quiet, options.Spec.Optimizer.Clip));
        Assert.Equal(["kill:worker=1@step=30/seal", "scale=2@step=40"], options.Faults.Orders.Select(order => order.ToString()));
    }

    [Fact]
    public async Task SeveralFaultsMayFollowOneName()
    {
        var (_, options, _) = await Run("train", "--data", "text", "--out", "run", "--fault", "stop:worker=0@step=1", "stop+wake:worker=1@step=2");
        Assert.Equal(2, options!.Faults.Orders.Count);
    }

    [Fact]
    public async Task ASwitchMayBeTurnedOff()
    {
        var (_, options, _) = await Run("train", "--data", "text", "--out", "run", "--bias", "false", "--quiet", "--workers", "2");
        Assert.Equal((false, true, 2), (options!.Spec.Model.Bias, options.Quiet, options.Workers));
    }

    [Fact]
    public async Task TheDemoNeedsNoOptions()
    {
        var (code, options, _) = await Run("demo");
        Assert.Equal(0, code);
        Assert.Null(options!.Data);
        Assert.StartsWith("runs/demo-", options.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--steps 0", "train", "--data", "text", "--out", "run", "--steps", "0")]
    [InlineData("--data: must be given", "train", "--out", "run")]
    [InlineData("--out /tmp/run: must not lie inside --data /tmp, ", "train", "--data", "/tmp", "--out", "/tmp/run")]
    [InlineData("--foo", "train", "--data", "text", "--out", "run", "--foo")]
    [InlineData("--lanes", "train", "--data", "text", "--out", "run", "--lanes")]
    [InlineData("--lanes", "train", "--data", "text", "--out", "run", "--lanes", "4", "--lanes", "8")]
    [InlineData("fly", "fly")]
    [InlineData("Required command", "")]
    [InlineData("--out", "status")]
    [InlineData("holds no run", "status", "--out", "/no/such/run")]
    public async Task AMistakeIsALineAndExitCodeTwo(string said, params string[] arguments)
    {
        var (code, options, errors) = await Run(arguments);
        Assert.Equal(CommandLine.BadInput, code);
        Assert.Null(options);
        var lines = errors.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.StartsWith("error: ", line, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatTheCommandFindsOutLaterEndsTheSameWay()
    {
        using var errors = new StringWriter();
        CommandHandler handler = (_, _) => throw new InvalidSettingsException([new SettingError("--a", "1", "no"), new SettingError("--b", "x\ny", "no")]);
        Assert.Equal(2, await new CommandLine(handler, handler, TextWriter.Null, errors).RunAsync(["train", "--data", "text", "--out", "run"]));
        Assert.Equal("error: --a 1: no\nerror: --b x y: no\n", errors.ToString());
    }

    private static async Task<(int Code, TrainOptions? Options, string Errors)> Run(params string[] arguments)
    {
        TrainOptions? seen = null;
        using var errors = new StringWriter();
        CommandHandler handler = (options, _) =>
        {
            seen = options;
            return Task.FromResult(0);
        };
        var given = arguments.Where(argument => argument.Length > 0).ToArray();
        var code = await new CommandLine(handler, handler, TextWriter.Null, errors).RunAsync(given);
        return (code, seen, errors.ToString());
    }
}
