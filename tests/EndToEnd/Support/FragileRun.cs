using System.Diagnostics;

namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>A run of <c>tests/Programs/FragileJob</c>, which does not get over one sample, to its end.</summary>
internal static class FragileRun
{
    // Lower than any other character of the text: token 0. It stands once, in the training part.
    private const char Marker = '\t';

    private static readonly Spec Spec = new(
        40,
        "--context", "16", "--lanes", "8", "--global-batch", "8", "--block-elements", "128", "--eval-batches", "1", "--eval-every", "0", "--warmup", "4", "--lr", "1e-2", "--partitions", "2");

    private static readonly Lazy<Task<FinishedRun>> Undisturbed = new(() => Of("", 0, 1));

    /// <summary>The run whose job gets over every sample.</summary>
    public static Task<FinishedRun> Calm() => Undisturbed.Value;

    /// <param name="end">What the job does on its sample: <c>segv</c>, <c>abort</c>, <c>hang</c> or <c>nan</c>.</param>
    /// <param name="times">How often at most.</param>
    public static Task<FinishedRun> Of(string end, int times, int workers, params string[] options) => Of(end, times, workers, Spec.Steps, _ => { }, options);

    /// <summary>The run that its lane has stopped for good, and the one that goes on with it once the lane has lost its edge.</summary>
    public static async Task<(FinishedRun Stopped, FinishedRun Resumed)> StoppedAndResumed(string end, int times, int workers)
    {
        FinishedRun? resumed = null;
        var stopped = await Of(end, times, workers, Spec.Steps, run => resumed = Resume(run).GetAwaiter().GetResult());
        return (stopped, resumed!);
    }

    private static async Task<FinishedRun> Resume(string run)
    {
        var report = Path.Combine(run, "..", "resumed.json");
        return new FinishedRun(Spec, await Run(StartInfo(["train", "--resume", "--out", run, "--report", report])), run, report);
    }

    /// <param name="inspect">Is given the run folder before it goes.</param>
    public static async Task<FinishedRun> Of(string end, int times, int workers, int steps, Action<string> inspect, params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-fragile-").FullName;
        try
        {
            // Of 5690 tokens 5121 are for training, which are 320 samples of 16: what forty steps of 8 take, once each.
            var text = File.ReadAllText(TestText.Path)[..5689];
            var data = Path.Combine(folder, "text.txt");
            await File.WriteAllTextAsync(data, $"{text[..3000]}{Marker}{text[3000..]}");
            var (run, report) = (Path.Combine(folder, "run"), Path.Combine(folder, "report.json"));
            var info = StartInfo(
            [
                "train", "--data", data, "--out", run, "--report", report, "--steps", $"{steps}", .. Spec.Options,
                "--workers", $"{workers}", "--pause-after", "60", .. options,
            ]);
            info.Environment["FRAGILE_END"] = end;
            info.Environment["FRAGILE_TIMES"] = $"{times}";
            info.Environment["FRAGILE_COUNT"] = Path.Combine(folder, "count");
            var finished = new FinishedRun(Spec, await Run(info), run, report);
            inspect(run);
            return finished;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A run of our own job on a machine where every check of a device fails.</summary>
    public static Task<FinishedRun> OnABrokenMachine(Spec spec, params string[] options) => OnAMachine("broken", spec, options);

    /// <summary>A run of our own job on a machine whose engine writes to standard output and says nothing of itself.</summary>
    public static Task<FinishedRun> OnALoudMachine(Spec spec, params string[] options) => OnAMachine("loud", spec, options);

    private static async Task<FinishedRun> OnAMachine(string device, Spec spec, string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("atomgrains-fragile-").FullName;
        try
        {
            var (run, report) = (Path.Combine(folder, "run"), Path.Combine(folder, "report.json"));
            var info = StartInfo(["train", "--job", "gpt", "--out", run, "--report", report, "--pause-after", "60", .. spec.Arguments, .. options]);
            info.Environment["FRAGILE_DEVICE"] = device;
            return new FinishedRun(spec, await Run(info), run, report);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ProcessStartInfo StartInfo(IEnumerable<string> arguments) =>
        new(Path.Combine(AppContext.BaseDirectory, "FragileJob"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

    private static async Task<Ended> Run(ProcessStartInfo info)
    {
        using var process = Process.Start(info)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Ended(process.ExitCode, await output, await errors);
    }

    /// <summary>The numbers in the views' record of deaths, once each.</summary>
    public static IReadOnlyList<(long Step, int Lane, int Node)> Deaths(FinishedRun run) =>
    [
        .. run.Views.SelectMany(view => view["Deaths"]!.AsArray().Select(death => ((long)death!["Step"]!, (int)death["Lane"]!, (int)death["Node"]!["Value"]!))).Distinct(),
    ];
}
