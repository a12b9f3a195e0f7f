using System.CommandLine;
using AtomGrains.Grains;

namespace StartRun;

/// <summary>
/// The command line of a client: what it takes to start, watch and change the runs of a cluster. What a user can get wrong
/// ends in a line on standard error and exit code 2, and the cluster is as it was.
/// </summary>
internal sealed class ClientCommands(TextWriter output, TextWriter errors)
{
    /// <summary>What a shell says of a program that was interrupted.</summary>
    public const int Left = 130;

    private const int BadInput = 2;

    private readonly ConnectionOptions _connection = new();

    public async Task<int> RunAsync(string[] arguments)
    {
        var parsed = Build().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return Report(parsed.Errors.Select(error => error.Message));
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = errors });
        }
        catch (ClientException error)
        {
            return Report(error.Lines);
        }
        catch (OperationCanceledException)
        {
            // What the cluster has been told by then stands.
            return Left;
        }
        catch (Exception error)
        {
            // The edge: whatever else it is, a user has no use for where in this program it happened.
            return Report([error.GetBaseException().Message]);
        }
    }

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
        var root = new RootCommand("Starts, watches and changes the runs of a cluster of AtomGrains silos.");
        _connection.AddTo(root);
        root.Subcommands.Add(Start());
        root.Subcommands.Add(Watch());
        root.Subcommands.Add(List());
        root.Subcommands.Add(Scale());
        root.Subcommands.Add(Order("pause", "Make a checkpoint of where a run stands, and free its devices until it is resumed.", RunOrderKind.Pause, "rests as soon as a checkpoint of where it stands is complete"));
        root.Subcommands.Add(Resume());
        root.Subcommands.Add(Order("stop", "End a run before its last step, for good.", RunOrderKind.Stop, "stops as soon as a checkpoint of where it stands is complete"));
        root.Subcommands.Add(Export());
        return root;
    }

    private Command Start()
    {
        var spec = new Option<FileInfo>("--spec") { Description = "Settings of the run: 'name: value' lines with the names of train's options.", HelpName = "FILE.yaml", Required = true };
        var name = new Option<string?>("--name") { Description = "Of the run: lower-case letters, digits and dashes; the file's without its extension unless given.", HelpName = "NAME" };
        var command = new Command("start", "Start a run; safe to repeat.") { spec, name };
        return With(command, async (parsed, cluster, _) =>
        {
            var file = parsed.GetValue(spec)!;
            var run = parsed.GetValue(name) ?? Path.GetFileNameWithoutExtension(file.Name);
            await cluster.StartAsync(run, ReadSpec(file), file.Name);
            output.WriteLine($"run {run} is made; it begins as soon as devices are free");
            return 0;
        });
    }

    private Command Watch()
    {
        var name = Name();
        return With(new Command("watch", "Show how a run gets on, until it ends. Leaving it leaves the run alone.") { name }, (parsed, cluster, cancellation) =>
            new RunWatch(cluster, output, parsed.GetValue(name)!).RunAsync(cancellation));
    }

    private Command List() => With(new Command("list", "Show the runs of the cluster, oldest first."), async (_, cluster, _) =>
    {
        foreach (var run in await cluster.ListAsync())
        {
            var detail = run.Detail is null ? "" : $"  {run.Detail}";
            output.WriteLine(FormattableString.Invariant($"{run.Name,-20}  {run.State,-8}  step {run.Step} of {run.Steps}  {run.Workers} workers  since {run.Started.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{detail}"));
        }

        return 0;
    });

    private Command Scale()
    {
        var (name, workers) = (Name(), new Argument<int>("N") { Description = "Workers." });
        return With(new Command("scale", "Change the number of a run's workers.") { name, workers }, async (parsed, cluster, _) =>
        {
            await cluster.OrderAsync(parsed.GetValue(name)!, RunOrderKind.Scale, parsed.GetValue(workers));
            output.WriteLine($"run {parsed.GetValue(name)} is to have {parsed.GetValue(workers)} workers");
            return 0;
        });
    }

    private Command Resume()
    {
        var (name, change) = (Name(), new Option<bool>("--allow-environment-change")
        {
            Description = "Also with another build of its job, on another kind of machine: those of the silo that joined last. Bits may change from there.",
        });
        return With(new Command("resume", "Let a run go on that is paused, or that has stopped by itself: from its newest checkpoint.") { name, change }, async (parsed, cluster, _) =>
        {
            var isChange = parsed.GetValue(change);
            await cluster.OrderAsync(parsed.GetValue(name)!, isChange ? RunOrderKind.ResumeInNewEnvironment : RunOrderKind.Resume);
            output.WriteLine($"run {parsed.GetValue(name)} goes on{(isChange ? " from its newest checkpoint with the build of the silo that joined last; its folder's run.json says what has changed" : "")}");
            return 0;
        });
    }

    private Command Order(string verb, string description, RunOrderKind kind, string done)
    {
        var name = Name();
        return With(new Command(verb, description) { name }, async (parsed, cluster, _) =>
        {
            await cluster.OrderAsync(parsed.GetValue(name)!, kind);
            output.WriteLine($"run {parsed.GetValue(name)} {done}");
            return 0;
        });
    }

    private Command Export()
    {
        var (name, file) = (Name(), new Option<FileInfo>("--out") { Description = "Where to write the weights (safetensors).", HelpName = "FILE", Required = true });
        return With(new Command("export", "Fetch the weights of a run that has finished.") { name, file }, async (parsed, cluster, cancellation) =>
        {
            var sha256 = await WeightsExport.WriteAsync(cluster, parsed.GetValue(name)!, parsed.GetValue(file)!, cancellation);
            output.WriteLine($"{parsed.GetValue(file)}: sha256 {sha256}");
            return 0;
        });
    }

    private Command With(Command command, Func<ParseResult, Cluster, CancellationToken, Task<int>> act)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            var (connection, patience) = _connection.Read(parsed);
            await using var cluster = await Cluster.ConnectAsync(connection, patience, cancellation);
            return await act(parsed, cluster, cancellation);
        });
        return command;
    }

    private static string ReadSpec(FileInfo file)
    {
        try
        {
            return File.ReadAllText(file.FullName);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ClientException($"--spec {file}: must be a YAML file that can be read: {error.Message}");
        }
    }

    private static Argument<string> Name() => new("NAME") { Description = "Of the run." };
}
