using System.Text;
using AtomGrains.Commands;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.EndToEnd.Tests.Commands;

public sealed class TrainOptionsTests : IDisposable
{
    private static readonly Dictionary<string, string> None = [];

    private readonly string _folder = Directory.CreateTempSubdirectory("atomgrains-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void DefaultsAreThoseOfTheDocumentation()
    {
        var options = Read();
        var expected = new RunSpec
        {
            Seed = 1337,
            Steps = 2000,
            Lanes = 16,
            GlobalBatch = 32,
            ThreadsPerWorker = 1,
            Partitions = 4,
            BlockElements = 16384,
            DeviceKind = "cpu",
            Model = new ModelSpec { Layers = 4, Heads = 4, Width = 128, Context = 128, Bias = false, Dropout = 0 },
            Optimizer = new OptimizerSpec
            {
                LearningRate = 1e-3,
                MinimumLearningRate = 1e-4,
                WarmupSteps = 100,
                DecaySteps = 2000,
                Beta1 = 0.9,
                Beta2 = 0.99,
                WeightDecay = 0.1,
                Clip = 1,
            },
            Evaluation = new EvaluationSpec { Every = 250, Batches = 20 },
            Data = new DataSpec { Tokenizer = "char" },
        };
        Assert.Equal(expected, options.Spec);
        Assert.Equal((4, 0, "cpu", "127.0.0.1", 0, 60.0), (options.Workers, options.Spares, options.Devices.Single(), options.Listen.ToString(), options.Port, options.OrphanGrace.TotalSeconds));
        Assert.Empty(options.Warnings);
        Assert.Empty(options.Faults.Orders);
        Assert.False(options.Quiet);
        Assert.Null(options.Report);
        Assert.Null(options.MetricsPort);
        Assert.Equal(new MembershipOptions(), options.Membership);
    }

    [Fact]
    public void WhatAHostHasNoUseForIsRefusedAndNotIgnored()
    {
        Assert.Equal(
            [
                "--supervise true: needs --host local: the cluster starts its coordinator again by itself",
                "--metrics-port 9464: needs --host local: of silos, those that stand serve metrics, at their http-port",
                "--port 5000: needs --host local: each silo listens on free ports",
                "--fault kill:supervisor@step=3: needs --host local; the coordinator's silo is killed by kill:coordinator@step=N",
            ],
            Errors(("host", ["orleans"]), ("supervise", ["true"]), ("metrics-port", ["9464"]), ("port", ["5000"]), ("fault", ["kill:supervisor@step=3"])));
        Assert.Equal(
            [
                "--probe-timeout 5: needs --host orleans: --pause-after says here how long a worker may be silent",
                "--missed-probes 9: needs --host orleans: --pause-after says here how long a worker may be silent",
                "--fault kill:coordinator@step=3: needs --host orleans; here the coordinator is killed by kill:supervisor@step=N",
            ],
            Errors(("probe-timeout", ["5"]), ("missed-probes", ["9"]), ("fault", ["kill:coordinator@step=3"])));
        var given = Read(None, ("host", ["orleans"]), ("port", ["0"]), ("probe-timeout", ["5"]), ("missed-probes", ["9"]), ("fault", ["kill:coordinator@step=3"]));
        Assert.Equal(new MembershipOptions { ProbeTimeout = TimeSpan.FromSeconds(5), MissedProbes = 9 }, given.Membership);
    }

    [Fact]
    public void TheDemosLastFaultOnOrleansStrikesTheCoordinatorsSilo()
    {
        static IReadOnlyList<string> Last(string host) => [.. DemoCommand.FaultsFor(workers: 4, steps: 100, host).Orders.Select(DemoFaults.InWords).TakeLast(1)];
        Assert.Equal(["step   88: the silo that hosts the run's coordinator is killed (SIGKILL)"], Last(TrainOptions.OrleansHost));
        Assert.Equal(["step   88, at its apply: worker 0 is killed (SIGKILL)"], Last(TrainOptions.LocalHost));
    }

    [Theory]
    [InlineData("orleans", "0.0.0.0", false)]
    [InlineData("orleans", "192.0.2.1", false)]
    [InlineData("orleans", "::", false)]
    [InlineData("orleans", "127.0.0.2", true)]
    [InlineData("orleans", "::1", true)]
    [InlineData("local", "192.0.2.1", true)]
    public void SilosOfARunListenOnLoopbackAlone(string host, string address, bool allowed)
    {
        if (allowed)
        {
            Assert.Equal(address, Read(None, ("host", [host]), ("listen", [address])).Listen.ToString());
            return;
        }

        var error = Assert.Throws<InvalidSettingsException>(() => Read(None, ("host", [host]), ("listen", [address])));
        Assert.Equal(
            $"--listen {address}: must be an address of loopback with --host orleans: silos of one run neither encrypt nor prove who they are; across machines, standing silos do, by TLS (silo)",
            Assert.Single(error.Errors).ToString());
    }

    [Fact]
    public void CommandLineBeatsEnvironmentBeatsFileBeatsDefault()
    {
        var yaml = Yaml("lanes: 2\nsteps: 2\nseed: 2\n");
        var variables = new Dictionary<string, string> { ["ATOMGRAINS_LANES"] = "4", ["ATOMGRAINS_STEPS"] = "4" };
        var spec = Read(variables, ("config", [yaml]), ("lanes", ["8"])).Spec;
        Assert.Equal((8, 4, 2UL, 32), (spec.Lanes, spec.Steps, spec.Seed, spec.GlobalBatch));
    }

    [Fact]
    public void TheDemosDefaultsGiveWayToAllOthers()
    {
        var values = new SettingValues(Given(("data", ["x"]), ("out", ["y"]), ("lanes", ["8"])), _ => null, new Dictionary<Setting, string> { [Settings.Steps] = "7", [Settings.Lanes] = "2" });
        var spec = TrainOptionsReader.Read(values, dataRequired: false).Spec;
        Assert.Equal((7, 8), (spec.Steps, spec.Lanes));
    }

    [Fact]
    public void EverySettingCanComeFromTheFileAndTheEnvironment()
    {
        foreach (var setting in Settings.All.Where(setting => setting != Settings.Config))
        {
            var errors = new List<SettingError>();
            Assert.Equal("x", YamlSettings.Parse("f", $"{setting.Name}: x", Settings.All, errors)[setting].Text);
            Assert.Empty(errors);
            Assert.Equal("x", new SettingValues(Given(), name => name == setting.Variable ? "x" : null).Text(setting));
        }
    }

    [Fact]
    public void AllErrorsOfAFileAreSaidAtOnceWithTheirLines()
    {
        var yaml = Yaml("""
            lane: 4
            lanes: 12
            global_batch: 3
            steps: many
            fault: [kill, "kill:worker=1@step=1"]
            nested: {a: [1, {b: 2}]}
            seed: 1
            seed: 2
            workers:
            clip: [1]
            config: other.yaml
            ? [a, b]
            : c
            beta1: 7
            """);
        Assert.Equal(
            [
                "lane (f.yaml line 1): unknown setting; did you mean lanes?",
                "global_batch (f.yaml line 3): unknown setting; did you mean global-batch?",
                "nested (f.yaml line 6): unknown setting; names are those of the command line, without dashes in front",
                "--seed 2 (f.yaml line 8): is set twice; first on f.yaml line 7",
                "--workers (f.yaml line 9): must be one value",
                "--clip (f.yaml line 10): must be one value",
                "config (f.yaml line 11): unknown setting; names are those of the command line, without dashes in front",
                "a key (f.yaml line 12): unknown setting; names are those of the command line, without dashes in front",
                "--steps many (f.yaml line 4): must be a whole number, from 1 to 1000000000",
                "--fault kill (f.yaml line 5): must read KIND:worker=K@step=N[/POINT], kill:supervisor@step=N[/POINT], kill:coordinator@step=N or scale=W@step=N; KIND is kill, stop, stop+wake, exit, device, device-abort, nan or flip; POINT is compute, push, seal, decide, apply or join",
                "--lanes 12 (f.yaml line 2): must be a power of two from 1 to 4096",
                "--beta1 7 (f.yaml line 14): must be at least 0 and below 1",
            ],
            Errors(("config", [yaml])));
    }

    [Theory]
    [InlineData("lanes: [4", "--config f.yaml: line ")]
    [InlineData("- lanes", "--config f.yaml: must be one mapping")]
    [InlineData("just text", "--config f.yaml: must be one mapping")]
    [InlineData("lanes: 4\n---\nlanes: 8", "--config f.yaml: line ")]
    [InlineData("lanes: *other", "--lanes (f.yaml line 1): must be one value")]
    public void AFileThatIsNoMappingIsRefused(string yaml, string start) =>
        Assert.StartsWith(start, Assert.Single(Errors(("config", [Yaml(yaml)]))), StringComparison.Ordinal);

    [Fact]
    public void AnEmptyFileSetsNothing() => Assert.Equal(Read().Spec, Read(None, ("config", [Yaml("# nothing\n")])).Spec);

    [Fact]
    public void AMissingFileIsRefused() =>
        Assert.Contains("must be a YAML file that can be read", Assert.Single(Errors(("config", [Path.Combine(_folder, "none.yaml")]))), StringComparison.Ordinal);

    [Theory]
    [InlineData("lanes", "x", "--lanes x: must be a whole number, a power of two from 1 to 4096")]
    [InlineData("lanes", "1e1", "--lanes 1e1: must be a whole number, a power of two from 1 to 4096")]
    [InlineData("lanes", "4294967312", "--lanes 4294967312: must be a whole number, a power of two from 1 to 4096")]
    [InlineData("seed", "-1", "--seed -1: must be a whole number from 0 to 18446744073709551615")]
    [InlineData("lr", "NaN", "--lr NaN: must be a number, above 0 and at most 100")]
    [InlineData("lr", "0,1", "--lr 0,1: must be a number, above 0 and at most 100")]
    [InlineData("min-lr", "x", "--min-lr x: must be a number, from 0 to --lr")]
    [InlineData("clip", "x", "--clip x: must be a number, 0 (off) or more")]
    [InlineData("steps", "1.5", "--steps 1.5: must be a whole number, from 1 to 1000000000")]
    [InlineData("eval-every", "x", "--eval-every x: must be a whole number, 0 (only at the end) or more")]
    [InlineData("context", "99999999999", "--context 99999999999: must be a whole number, from 1 to 131072")]
    [InlineData("lr", "0", "--lr 0: must be above 0 and at most 100")]
    [InlineData("bias", "yes", "--bias yes: must be true or false")]
    [InlineData("workers", "0", "--workers 0: must be a whole number from 1 to 1024")]
    [InlineData("spares", "-1", "--spares -1: must be a whole number from 0 to 1024")]
    [InlineData("port", "65536", "--port 65536: must be a whole number from 0 to 65535")]
    [InlineData("listen", "here", "--listen here: must be an IP address")]
    [InlineData("pause-after", "0", "--pause-after 0: must be seconds, above 0 and at most 3600")]
    [InlineData("orphan-grace", "0", "--orphan-grace 0: must be seconds, above 0 and at most 3600")]
    [InlineData("checkpoint-every", "often", "--checkpoint-every often: must be steps from 1 to 1000000000, seconds such as 30s, above 0 and up to 604800s, or 0 for none")]
    [InlineData("checkpoint-every", "0s", "--checkpoint-every 0s: must be steps*")]
    [InlineData("checkpoint-every", "-1", "--checkpoint-every -1: must be steps*")]
    [InlineData("keep", "0", "--keep 0: must be a whole number from 1 to 10000")]
    [InlineData("audit-lanes", "1.5", "--audit-lanes 1.5: must be from 0 (off) to 1 (every lane)")]
    [InlineData("audit-lanes", "-0.1", "--audit-lanes -0.1: must be from 0 (off) to 1 (every lane)")]
    [InlineData("audit-lanes", "all", "--audit-lanes all: must be a number, from 0 (off) to 1 (every lane)")]
    [InlineData("on-wrong-bits", "ignore", "--on-wrong-bits ignore: must be continue, stop or rollback")]
    [InlineData("store", "s3://bucket", "--store s3://bucket: must be a folder, or az://CONTAINER/PREFIX")]
    [InlineData("store", "az://A", "--store az://A: must be az://CONTAINER/PREFIX: a container*")]
    [InlineData("refill-rate", "0", "--refill-rate 0: must be a size from 1KB to 1TB, such as 256MB")]
    [InlineData("refill-rate", "fast", "--refill-rate fast: must be a size from 1KB to 1TB, such as 256MB")]
    [InlineData("shard-cache", "2TB", "--shard-cache 2TB: must be a size from 0B to 1TB, such as 256MB")]
    [InlineData("shard-cache", "-1MB", "--shard-cache -1MB: must be a size from 0B to 1TB, such as 256MB")]
    [InlineData("shard-cache", "9999999999TB", "--shard-cache 9999999999TB: must be a size*")]
    [InlineData("device-memory", "much", "--device-memory much: must be a size from 0B to 1000TB, such as 16GiB")]
    [InlineData("device-memory", "-1GiB", "--device-memory -1GiB: must be a size from 0B to 1000TB, such as 16GiB")]
    [InlineData("device-memory", "16Gi", "--device-memory 16Gi: must be a size from 0B to 1000TB, such as 16GiB")]
    [InlineData("device-memory", "1001TB", "--device-memory 1001TB: must be a size from 0B to 1000TB, such as 16GiB")]
    [InlineData("device", "tpu", "--device tpu: must be cpu or cuda:N")]
    [InlineData("device", "cuda:", "--device cuda:: must be cpu or cuda:N")]
    [InlineData("device", "cuda:99", "--device cuda:99: is not on this machine; must be cpu*")]
    [InlineData("tokenizer", "bpe", "--tokenizer bpe: must be char or byte")]
    [InlineData("fault", "kill:worker=9@step=1", "--fault kill:worker=9@step=1: worker must be from 0 to 3")]
    [InlineData("report", "/no/such/folder/report.json", "--report /no/such/folder/report.json: must be a file in a folder that exists, or in --out")]
    [InlineData("report", "/", "--report /: must be a file in a folder that exists, or in --out")]
    [InlineData("out", "", "--out: must be given: DIR")]
    public void ABadValueIsOneLine(string name, string value, string lines)
    {
        var errors = string.Join('|', Errors((name, [value])));
        Assert.True(lines.EndsWith('*') ? errors.StartsWith(lines[..^1], StringComparison.Ordinal) : errors == lines, errors);
    }

    [Theory]
    [InlineData("30s", null, 30.0)]
    [InlineData("0.5s", null, 0.5)]
    [InlineData("250", 250L, null)]
    public void CheckpointsComeByStepsOrByTime(string text, long? steps, double? seconds)
    {
        var cadence = Read(None, ("checkpoint-every", [text])).Checkpoints.Cadence!;
        Assert.Equal((steps, seconds), (cadence.EverySteps, cadence.EveryTime?.TotalSeconds));
    }

    [Theory]
    [InlineData("1000", 1000)]
    [InlineData("64KB", 64_000)]
    [InlineData("3GB", 3_000_000_000)]
    [InlineData("3GiB", 3L << 30)]
    public void ASizeIsOfPowersOfAThousandOrOf1024AsItsUnitSays(string text, long bytes) => Assert.Equal(bytes, Read(None, ("refill-rate", [text])).Limits.RefillBytesPerSecond);

    [Fact]
    public void WhatMemoryADeviceHasToHaveDecidesNoBitsAndIsNoneUnlessAskedFor()
    {
        var asked = Read(None, ("config", [Yaml("device-memory: 16GiB\n")]));
        Assert.Equal((Read().Spec, 16L << 30, 16L << 30), (asked.Spec, asked.DeviceMemoryBytes, asked.RunSettings.DeviceMemoryBytes));
        Assert.Equal(0, Read().RunSettings.DeviceMemoryBytes);
    }

    [Fact]
    public void AResumeKeepsTheMemoryThatWasAskedForUntilItAsksForAnother()
    {
        var given = Read(None, ("device-memory", ["16GiB"])).Given;
        Directory.CreateDirectory(Path.Combine(_folder, "run"));
        SavedSettings.Write(Path.Combine(_folder, "run"), given);
        (string, string[])[] resume = [("resume", ["true"]), ("out", [Path.Combine(_folder, "run")])];
        Assert.Equal(16L << 30, Read(None, resume).DeviceMemoryBytes);
        Assert.Equal(0, Read(None, [.. resume, ("device-memory", ["0"])]).DeviceMemoryBytes);
    }

    [Fact]
    public void ACheckpointEveryZeroStepsIsNone() => Assert.Null(Read(None, ("checkpoint-every", ["0"])).Checkpoints.Cadence);

    [Theory]
    [InlineData("texts", "texts/run", false)]
    [InlineData("texts", "texts", false)]
    [InlineData("texts", "texts/../texts/deep/run", false)]
    [InlineData(".", "run", false)]
    [InlineData("texts", "run", true)]
    [InlineData("texts", "texts-run", true)]
    [InlineData("texts", "texts/../run", true)]
    [InlineData("texts/a.txt", "texts/run", true)]
    [InlineData("texts", "..texts", true)]
    public void ARunInsideTheFolderOfItsTextIsRefused(string data, string folder, bool taken)
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "texts")).FullName, "a.txt"), "text");
        (string, string[])[] given = [("data", [Path.Combine(_folder, data)]), ("out", [Path.Combine(_folder, folder)])];
        if (taken)
        {
            Read(None, given);
        }
        else
        {
            Assert.Equal($"--out {Path.Combine(_folder, folder)}: must not lie inside --data {Path.Combine(_folder, data)}, whose files are what is trained on", Assert.Single(Errors(given)));
        }
    }

    [Fact]
    public void EveryNumberSaysItsRangeWhenItCannotBeRead()
    {
        Setting[] numbers = [.. Settings.All.Where(setting => setting.ValueName is "N" or "X" or "P")];
        Assert.True(numbers.Length > 20);
        foreach (var setting in numbers)
        {
            // Some are for another host as well.
            var error = Assert.Single(Errors((setting.Name, ["none"])), line => !line.Contains("needs --host", StringComparison.Ordinal));
            Assert.Matches($"^{setting.Flag} none: must be a (whole )?number,? (from|above|at least|0|a power)", error);
        }
    }

    [Theory]
    [InlineData("new/run", "new/run/report.json", true)]
    [InlineData("new/run/", "new/run/report.json", true)]
    [InlineData("new/run", "new/report.json", true)]
    [InlineData("new/run", "new/runs/report.json", false)]
    [InlineData("new/run", "new/run/deep/report.json", false)]
    [InlineData("new/run", "new/run", false)]
    [InlineData("run", "other/report.json", false)]
    public void AReportMayLieInTheFolderThatTheRunMakes(string folder, string report, bool taken)
    {
        var path = Path.Combine(_folder, report);
        (string, string[])[] given = [("out", [Path.Combine(_folder, folder)]), ("report", [path])];
        if (taken)
        {
            Assert.Equal(path, Read(None, given).Report);
        }
        else
        {
            Assert.Equal($"--report {path}: must be a file in a folder that exists, or in --out", Assert.Single(Errors(given)));
        }
    }

    [Fact]
    public void WhatMustBeGivenIsAskedForOnce() => Assert.Equal(
        ["--data: must be given: FILE|DIR", "--out: must be given: DIR"],
        Assert.Throws<InvalidSettingsException>(() => TrainOptionsReader.Read(new SettingValues(Given(), _ => null), dataRequired: true)).Errors.Select(error => error.ToString()));

    [Theory]
    [InlineData("cuda:0", 0, false)]
    [InlineData("cuda:0", 1, true)]
    [InlineData("cuda:1", 1, false)]
    [InlineData("cuda:7", null, true)]
    public void ADeviceMustBeOneThatTheDriverShows(string device, int? devices, bool there) =>
        Assert.Equal(there, !DevicePresence.Errors(device, () => devices).Any());

    [Theory]
    [InlineData("cpu,cpu", null)]
    [InlineData("cuda:0, cuda:1", null)]
    [InlineData("cpu,cuda:0", "--device cpu,cuda:0: must be devices of one kind: their bits differ")]
    [InlineData("cuda:0,cuda:2", "--device cuda:2: is not on this machine; must be cpu or cuda:0 to cuda:1")]
    [InlineData("cpu,", "--device: must be cpu or cuda:N")]
    public void DevicesAreOneOrSeveralOfOneKind(string text, string? error) =>
        Assert.Equal(error, DeviceList.Errors(DeviceList.Parse(text), () => 2).SingleOrDefault()?.ToString());

    [Fact]
    public void MoreDevicesThanAnyMachineHasAreRefused() => Assert.EndsWith(
        "has 65 devices; must be from 1 to 64", DeviceList.Errors(DeviceList.Parse(string.Join(',', Enumerable.Repeat("cpu", 65))), () => 0).Single().ToString(), StringComparison.Ordinal);

    [Fact]
    public void ASmallModelGetsFewerPartitionsUnlessTheyWereAskedFor()
    {
        var corpus = Text();
        (string, string[])[] small = [("width", ["16"]), ("layers", ["1"]), ("context", ["8"])];
        Assert.Equal(1, Read(None, small).SpecFor(corpus).Partitions);
        var asked = Read(None, [.. small, ("partitions", ["4"])]);
        Assert.Equal("--partitions 4: must be from 1 to 1: the model has 1 blocks of --block-elements 16384", Assert.Throws<InvalidSettingsException>(() => asked.SpecFor(corpus)).Message);
    }

    [Fact]
    public void WorkersWithoutALaneAreSpares()
    {
        var options = Read(None, ("lanes", ["4"]), ("workers", ["6"]), ("spares", ["1"]));
        Assert.Equal((4, 3), (options.ActiveWorkers, options.AllSpares));
        Assert.Contains("the other 2 are spares", options.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("fewer than 4 lanes a worker", options.Warnings[1], StringComparison.Ordinal);
        var scaled = Read(None, ("lanes", ["16"]), ("fault", ["scale=16@step=5", "scale=18@step=6"]));
        Assert.Equal(["--fault scale=18@step=6: only 16 workers can have a lane; the others are spares"], scaled.Warnings);
    }

    [Fact]
    public void ErrorsFoundWithTheTextSayWhereTheValueCameFrom()
    {
        var options = Read(new Dictionary<string, string> { ["ATOMGRAINS_CONTEXT"] = "500" });
        var corpus = TokenizedCorpus.Of(Corpus.FromBytes("text", Encoding.ASCII.GetBytes("to be or not to be")), "char", 500);
        Assert.Equal(
            "--context 500 (ATOMGRAINS_CONTEXT): must be from 1 to 15: the training part has 16 tokens\n--context 500 (ATOMGRAINS_CONTEXT): must be from 1 to 1: the validation part has 2 tokens",
            Assert.Throws<InvalidSettingsException>(() => options.SpecFor(corpus)).Message);
    }

    private static TokenizedCorpus Text() =>
        TokenizedCorpus.Of(Corpus.FromBytes("text", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("to be or not to be ", 100)))), "char", 8);

    private static TrainOptions Read(IReadOnlyDictionary<string, string>? variables = null, params (string Name, string[] Texts)[] given)
    {
        (string, string[])[] needed = [("data", ["text.txt"]), ("out", ["run"])];
        var all = needed.Where(pair => given.All(other => other.Name != pair.Item1)).Concat(given).ToArray();
        return TrainOptionsReader.Read(new SettingValues(Given(all), name => variables?.GetValueOrDefault(name)), dataRequired: true);
    }

    private static IEnumerable<string> Errors(params (string Name, string[] Texts)[] given) =>
        Assert.Throws<InvalidSettingsException>(() => Read(None, given)).Errors.Select(error => error.ToString());

    private static Dictionary<Setting, GivenValue> Given(params (string Name, string[] Texts)[] given) =>
        given.ToDictionary(pair => Settings.All.Single(setting => setting.Name == pair.Name), pair => new GivenValue(pair.Texts));

    private string Yaml(string content)
    {
        var path = Path.Combine(_folder, "f.yaml");
        File.WriteAllText(path, content);
        return path;
    }
}
