using AtomGrains.EndToEnd.Tests.Support;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>What a client can get wrong: a line for each mistake, exit code 2, and a cluster that is as it was.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task AClientWithoutAClusterSaysSo()
    {
        await using var cluster = new StandingCluster();
        Assert.Equal("error: no silo of cluster atomgrains answers within 2 s", await Refused(cluster, "list", "--connect-timeout", "2"));
        Assert.Equal("error: --connect-timeout 0: must be whole seconds from 1 to 3600", await Refused(cluster, "list", "--connect-timeout", "0"));
    }

    [Fact]
    public async Task WhatTheClusterCannotDoIsRefusedInALineAndLeavesNothing()
    {
        await using var cluster = new StandingCluster();
        cluster.StartSilos(1);
        await cluster.Starts("small", Spec.Short, workers: 2);
        using (var watching = cluster.Watching("small"))
        {
            await Eventually.Holds("what is waited for", () => watching.StandardOutput.ReadLine()!.EndsWith("waiting for devices: 1 of 2", StringComparison.Ordinal));
            watching.Kill();
        }

        // The same request once more is answered as the first one was.
        await cluster.Starts("small", Spec.Short, workers: 2);
        Assert.Equal("error: there is a run small already, with another spec: choose another name", await Refused(cluster, await SpecOf(cluster, workers: 3, "small")));
        Assert.Equal("error: name 'No': must be 1 to 63 lower-case letters, digits and dashes, and not begin with a dash", await Refused(cluster, await SpecOf(cluster, 1, "No")));
        Assert.Equal("error: device cuda: no silo of the cluster has one; there is cpu", await Refused(cluster, await SpecOf(cluster, 1, "new", "device: cuda")));
        Assert.Equal("error: job mine: must be a job of the silos' program: gpt", await Refused(cluster, await SpecOf(cluster, 1, "new", "job: mine")));
        Assert.Equal("error: --data /nowhere: does not exist; must be a text file, or a folder of them", await Refused(cluster, await Text(cluster, "new", "data: /nowhere")));
        Assert.Equal(
            "error: layer (new.yaml line 2): unknown setting; did you mean layers?\nerror: --out x (new.yaml line 3): is not a setting of a run on standing silos",
            await Refused(cluster, await Text(cluster, "new", "data: /x\nlayer: 3\nout: x")));
        Assert.Equal(
            "error: --workers 0 (new.yaml line 2): must be a whole number from 1 to 1024\nerror: --lanes 3 (new.yaml line 3): must be a power of two from 1 to 4096",
            await Refused(cluster, await Text(cluster, "new", "data: /x\nworkers: 0\nlanes: 3")));
        foreach (var verb in new[] { "watch", "pause", "resume", "stop" })
        {
            Assert.Equal("error: there is no run nobody; list shows those that there are", await Refused(cluster, verb, "nobody"));
        }

        Assert.Equal("error: 9 workers: must be from 1 to 8, the run's lanes", await Refused(cluster, "scale", "small", "9"));
        var file = Path.Combine(cluster.Runs, "..", "weights");
        Assert.Equal("error: run small has no weights: it is waiting, at step 0 of 12", await Refused(cluster, "export", "small", "--out", file));
        Assert.False(File.Exists(file));

        // The run that was there goes on as if nothing had been asked, and there is no other.
        cluster.StartSilos(1);
        await cluster.EndsAsTheCalmRun("small", Spec.Short);
        Assert.Equal(["secret.check", "small", "volume.id"], Directory.EnumerateFileSystemEntries(cluster.Runs).Select(Path.GetFileName).Order());
        Assert.Equal("error: run small is over: it has finished", await Refused(cluster, "pause", "small"));

        // One that cannot begin can be stopped, once and again.
        await cluster.Starts("doomed", Spec.Short, workers: 8);
        await cluster.Does("stop", "doomed");
        await cluster.Does("stop", "doomed");
        var watched = await cluster.Client("watch", "doomed");
        Assert.Equal(1, watched.ExitCode);
        Assert.StartsWith("run doomed: stopped at step 0 of 12: it was asked to stop", watched.Output, StringComparison.Ordinal);
    }

    private static async Task<string[]> SpecOf(StandingCluster cluster, int workers, string name, params string[] settings) =>
        await Text(cluster, name, StandingCluster.SpecOf(Spec.Short, workers, settings));

    private static async Task<string[]> Text(StandingCluster cluster, string name, string text)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(cluster.Runs, "..", "specs")).FullName, $"{name}.yaml");
        await File.WriteAllTextAsync(file, text);
        return ["start", "--spec", file, "--name", name];
    }

    private static async Task<string> Refused(StandingCluster cluster, params string[] arguments)
    {
        var ended = await cluster.Client(arguments);
        Assert.True(ended.ExitCode == 2, $"{string.Join(' ', arguments)}: exit code {ended.ExitCode}\n{ended.Output}{ended.Errors}\n{cluster.Logs}");
        return ended.Errors.Trim();
    }
}
