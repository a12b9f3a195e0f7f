using System.CommandLine;
using AtomGrains.Chaos;
using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.Commands;

/// <summary>
/// The command line: trains, and answers questions about a run folder. Whatever a user can get wrong ends in lines on
/// standard error, one for each mistake, and exit code 2; nothing has been written by then.
/// </summary>
public sealed class CommandLine(CommandHandler train, CommandHandler demo, TextWriter output, TextWriter errors)
{
    public const int BadInput = 2;

    /// <summary>What the demo sets when the user does not: a run of minutes, whose folder is its own.</summary>
    private static Dictionary<Setting, string> DemoDefaults(DateTimeOffset now) => new()
    {
        [Settings.Steps] = "240",
        [Settings.EvalEvery] = "80",
        [Settings.Context] = "64",
        [Settings.Warmup] = "20",
        [Settings.Out] = $"runs/demo-{now.UtcDateTime:yyyyMMdd-HHmmss}",
    };

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellation = default)
    {
        var parsed = Build().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return Report(parsed.Errors.Select(error => error.Message));
        }

        try
        {
            return await parsed.InvokeAsync(Invocation(), cancellation).ConfigureAwait(false);
        }
        catch (InvalidSettingsException error)
        {
            return Report(error.Errors.Select(one => one.ToString()));
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("the run stopped: it was asked to end");
            return TrainCommand.Stopped;
        }
    }

    /// <summary>Without a time limit on termination: a run that is told to end completes its files first.</summary>
    private InvocationConfiguration Invocation() =>
        new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = output, Error = errors };

    private int Report(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            errors.WriteLine($"error: {line.ReplaceLineEndings(" ")}");
        }

        return BadInput;
    }

    private RootCommand Build()
    {
        var root = new RootCommand("Elastic training: a run that lost workers ends with the same weights as one that lost none.");
        root.Subcommands.Add(RunCommand(
            "train", "Train a GPT on a text with worker processes that may die.", train, dataRequired: true, _ => null));
        root.Subcommands.Add(RunCommand(
            "demo",
            "Train, kill, pause and resize on the way, and compare bits with an undisturbed run.",
            demo,
            dataRequired: false,
            DemoDefaults));
        root.Subcommands.Add(OfFolder("status", "Say how a run is doing.", StatusCommand.Run));
        root.Subcommands.Add(OfFolder("faults", "Show a run's fault ledger as a table and a timeline.", FaultsCommand.Run));
        root.Subcommands.Add(Audit());
        root.Subcommands.Add(Diff());
        root.Subcommands.Add(Replay());
        root.Subcommands.Add(Verify());
        root.Subcommands.Add(Chaos());
        return root;
    }

    private static Command RunCommand(
        string name,
        string description,
        CommandHandler handler,
        bool dataRequired,
        Func<DateTimeOffset, IReadOnlyDictionary<Setting, string>?> defaults)
    {
        var command = new Command(name, description);
        var options = SettingOptions.AddTo(command, Settings.All);

        command.SetAction((parsed, cancellation) =>
        {
            var given = SettingOptions.Given(parsed, options);
            var values = new SettingValues(given, Environment.GetEnvironmentVariable, defaults(DateTimeOffset.UtcNow));
            return handler(TrainOptionsReader.Read(values, dataRequired), cancellation);
        });
        return command;
    }

    private Command OfFolder(string name, string description, Func<string, bool, TextWriter, int> run)
    {
        var folder = Folder();
        var json = new Option<bool>("--json") { Description = "One JSON object instead of text." };
        var command = new Command(name, description) { folder, json };
        command.SetAction(parsed => run(parsed.GetValue(folder)!, parsed.GetValue(json), output));
        return command;
    }

    private Command Diff()
    {
        var (left, right) = (new Argument<string>("A") { Description = "Run folder." }, new Argument<string>("B") { Description = "Run folder." });
        var command = new Command("diff", "Name the first step, partition and block in which two runs differ.") { left, right };
        command.SetAction(parsed => DiffCommand.Run(parsed.GetValue(left)!, parsed.GetValue(right)!, output));
        return command;
    }

    private static Command Replay()
    {
        var (folder, store, device) = (Folder(), Store(), Device());
        var step = new Option<long>(VerifyCommand.StepFlag) { Description = "The step, from 0.", HelpName = "S", Required = true };
        var lane = new Option<int?>(VerifyCommand.LaneFlag) { Description = "One lane of it alone; all of them unless given.", HelpName = "K" };
        var command = new Command("replay", "Compute a step again on one process: losses, gradient norms and samples of its lanes, and whether it agrees.") { folder, store, step, lane, device };
        command.SetAction(parsed => VerifyCommand.Replay(parsed.GetValue(folder)!, parsed.GetValue(store), parsed.GetValue(step), parsed.GetValue(lane), parsed.GetValue(device)!));
        return command;
    }

    private static Command Verify()
    {
        var (folder, store, device) = (Folder(), Store(), Device());
        var from = new Option<long>(VerifyCommand.FromFlag) { Description = "The first step; 0 unless given.", HelpName = "S" };
        var to = new Option<long?>(VerifyCommand.ToFlag) { Description = "The last step; the run's last unless given.", HelpName = "T" };
        var command = new Command("verify", "Compute a stretch of a run again on one process, and compare every step with what the run recorded.") { folder, store, from, to, device };
        command.SetAction(parsed => VerifyCommand.Verify(parsed.GetValue(folder)!, parsed.GetValue(store), parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(device)!));
        return command;
    }

    private Command Chaos()
    {
        var minutes = new Option<string>(ChaosOptions.MinutesFlag) { Description = "No plan begins later. Default 10.", HelpName = "M" };
        var seed = new Option<string>(ChaosOptions.SeedFlag) { Description = "Of all plans; of the clock unless given.", HelpName = "S" };
        var plan = new Option<string>(ChaosOptions.PlanFlag) { Description = "This plan of the seed alone: what a failure prints.", HelpName = "K" };
        var workers = new Option<string>(ChaosOptions.WorkersFlag) { Description = "Of the largest world. Default 6.", HelpName = "N" };
        var folder = new Option<string>(ChaosOptions.OutFlag) { Description = "Where runs are kept that broke an invariant; runs/chaos-TIME unless given.", HelpName = "DIR" };
        var only = new Option<string>(ChaosKinds.Setting) { Description = $"Kinds of faults, of {string.Join(", ", ChaosKinds.All.Select(ChaosKinds.NameOf))}.", HelpName = "KIND,..." };
        var host = new Option<string>(Settings.Host.Flag) { Description = Settings.Host.Help, HelpName = Settings.Host.ValueName };
        var command = new Command("chaos", "Break runs on purpose, by seeded random plans, and check that each ends with the bits of the undisturbed one.") { minutes, seed, plan, workers, folder, only, host };
        command.SetAction((parsed, cancellation) => Task.Run(() => ChaosCommand.Run(
            ChaosOptions.Read(parsed.GetValue(minutes), parsed.GetValue(seed), parsed.GetValue(plan), parsed.GetValue(workers), parsed.GetValue(folder), parsed.GetValue(only), parsed.GetValue(host), DateTimeOffset.UtcNow),
            output,
            cancellation), CancellationToken.None));
        return command;
    }

    private static Option<string> Folder() => new(Settings.Out.Flag) { Description = "Run folder.", HelpName = Settings.Out.ValueName, Required = true };

    private static Option<string?> Store() =>
        new(Settings.Store.Flag) { Description = "Its checkpoints; where the run was told to put them unless given.", HelpName = Settings.Store.ValueName };

    private static Option<string> Device() =>
        new(Settings.Device.Flag) { Description = "Where to compute.", HelpName = Settings.Device.ValueName, DefaultValueFactory = _ => Settings.Device.Default! };

    private Command Audit()
    {
        var folder = Folder();
        var command = new Command("audit", "Prove that a run took every sample exactly once, or name the first that it did not.") { folder };
        command.SetAction(parsed => AuditCommand.Run(parsed.GetValue(folder)!, output));
        return command;
    }
}
