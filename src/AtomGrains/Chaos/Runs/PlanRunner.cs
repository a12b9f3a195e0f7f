using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AtomGrains.Chaos.Checks;
using AtomGrains.Chaos.Machine;
using AtomGrains.Chaos.Plans;

namespace AtomGrains.Chaos.Runs;

/// <summary>
/// Carries out a plan with real processes: starts the run as a user would, strikes when its steps are due, resumes what
/// has ended, and has everything that is left checked.
/// </summary>
/// <param name="folder">Of the plan alone; stays, with the run in it.</param>
internal sealed class PlanRunner(ChaosMachine machine, ChaosPlan plan, string folder)
{
    public const string ReportFileName = "report.json";
    public const string OutputFileName = "output.txt";

    // What a signal ended is reported with this and the signal's number.
    private const int SignalBase = 128;
    private const int MostResumes = 12;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    // Who has lost both copies of something waits for half a minute that they may come back (PROTOCOL R5); twice that, and
    // time for a busy machine.
    private static readonly TimeSpan MostWithoutAStep = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan SameRequest = TimeSpan.FromMilliseconds(300);

    private readonly List<string> _violations = [];
    private int _resumes;

    /// <param name="calm">The undisturbed run of the plan's spec.</param>
    /// <exception cref="OperationCanceledException">It was asked to end; no process of it is left.</exception>
    public PlanOutcome Run(RunFacts calm, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var store = new PlanStore(machine, plan.Store, folder, FormattableString.Invariant($"plan-{plan.Number}-{Guid.NewGuid():N}"));
        using var run = new LiveRun(machine, store.RunFolder, store.Environment);
        var injector = new Injector(plan, run, store, Resume);
        var gauge = new ProcessGauge();
        try
        {
            run.Start(["train", .. plan.Spec.Arguments(machine.Text), .. TrainArguments(store)]);
            Watch(run, injector, gauge, cancellation);
            run.OutputEnds();
            _violations.AddRange(injector.Violations);
            _violations.AddRange(new LeftoverCheck(run).Violations());
            if (_violations.Count == 0)
            {
                _violations.AddRange(new InvariantCheck(plan, calm, RunFacts.Read(store.RunFolder, Report), injector.Struck, gauge.MostDescriptors).Violations());
                _violations.AddRange(new StoreCheck(plan, store, injector, run).Violations());
            }

            if (injector.Struck.Count == 0 && _violations.Count == 0)
            {
                _violations.Add("nothing was injected");
            }
        }
        catch (Exception error) when (error is InvalidDataException or JsonException)
        {
            _violations.Add($"I11: a file of the run cannot be read: {error.Message}");
        }
        finally
        {
            run.KillAll();
            injector.HealAll();
            File.WriteAllText(Path.Combine(folder, OutputFileName), $"{plan}\n{run.Output}");
            SaveRun(store);
        }

        return new PlanOutcome(plan, _violations, injector.Struck, injector.Missed, Stopwatch.GetElapsedTime(started));
    }

    private string Report => Path.Combine(folder, ReportFileName);

    private void Watch(LiveRun run, Injector injector, ProcessGauge gauge, CancellationToken cancellation)
    {
        var (committed, since) = (-1L, Stopwatch.GetTimestamp());
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var hasExited = run.HasExited;
            run.Follow();
            injector.Observe();
            if (hasExited && !GoesOn(run, injector, cancellation))
            {
                return;
            }

            if (!run.HasExited)
            {
                injector.StrikeWhatIsDue();
                gauge.Look(run.Mark.Living);
            }

            if (run.Committed != committed)
            {
                (committed, since) = (run.Committed, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(since) > MostWithoutAStep)
            {
                _violations.Add(string.Create(CultureInfo.InvariantCulture, $"I10: no step was committed for {MostWithoutAStep.TotalSeconds} s at step {run.Step}, waiting for {run.Status()?.WaitingFor ?? "nothing that it says"}"));
                return;
            }

            Thread.Sleep(Poll);
        }
    }

    // A supervisor that was killed is no end; whatever else the run ended with is.
    private bool GoesOn(LiveRun run, Injector injector, CancellationToken cancellation)
    {
        if (run.ExitCode == 0)
        {
            injector.Complete();
            return false;
        }

        if (run.ExitCode >= SignalBase && injector.SupervisorWasStruck && ++_resumes <= MostResumes)
        {
            Resume(run, null, null);
            return true;
        }

        // Ctrl-C reaches the whole process group, and perhaps the run before us.
        if (cancellation.WaitHandle.WaitOne(SameRequest))
        {
            cancellation.ThrowIfCancellationRequested();
        }

        run.OutputEnds();
        _violations.Add(string.Create(CultureInfo.InvariantCulture, $"I10: the run ended at step {run.Step} with exit code {run.ExitCode}: {LastLine(run.Output)}"));
        return false;
    }

    private void Resume(LiveRun run, int? workers, int? partitions)
    {
        run.OutputEnds();
        string[] world = workers is null ? [] : ["--workers", $"{workers}", "--partitions", $"{partitions}"];
        run.Start(["train", "--resume", "--out", run.Folder, .. world, .. Supervision]);
    }

    private IEnumerable<string> TrainArguments(PlanStore store) =>
    [
        "--host", plan.Host, "--out", store.RunFolder, "--report", Report,
        "--workers", $"{plan.Workers}", "--spares", $"{plan.Spares}", "--partitions", $"{plan.Partitions}",
        "--checkpoint-every", $"{plan.CheckpointEvery}", "--orphan-grace", plan.OrphanGrace.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        .. store.Options, .. plan.Orders.Orders.SelectMany(order => new[] { "--fault", $"{order}" }), .. Supervision,
    ];

    private IEnumerable<string> Supervision => plan.Supervise ? ["--supervise"] : [];

    private static string LastLine(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "it said nothing";

    // A disk of its own goes with the plan; what is wrong has to be looked at afterwards.
    private void SaveRun(PlanStore store)
    {
        if (_violations.Count > 0 && store.Kind is ChaosStore.RunOnDisk or ChaosStore.Disk)
        {
            var disk = store.Kind == ChaosStore.RunOnDisk ? store.RunFolder : store.Folder!;
            FolderCopy.Copy(disk, $"{disk}-copy");
        }
    }
}
