using AtomGrains.Commands;

namespace AtomGrains;

/// <summary>
/// The whole of a user's program, <c>return AtomGrainsHost.Run(args, jobs => jobs.Add&lt;MyJob>());</c>: with <c>train</c>
/// it supervises a run, as <c>worker</c> it is that run's own child, and as <c>silo</c> an Orleans silo, when the program
/// references <c>AtomGrains.Silo</c>. Workers, and silos with <c>--orders</c>, are started by a run; nobody else does.
/// </summary>
public static class AtomGrainsHost
{
    /// <summary>The command by which a program starts itself as a silo.</summary>
    internal const string SiloCommand = "silo";

    /// <summary>Runs the command that the arguments name; returns the process's exit code.</summary>
    /// <param name="register">Adds the program's jobs; without <c>--job</c>, the first of them is trained.</param>
    public static int Run(string[] arguments, Action<JobRegistry> register)
    {
        var jobs = new JobRegistry();
        register(jobs);
        switch (arguments.FirstOrDefault())
        {
            // The program's own children; their orders come on standard input.
            case WorkerCommand.Name:
                return WorkerCommand.Run(jobs.CreateFactory());
            case DescribeCommand.Name:
                return DescribeCommand.Run(jobs.CreateFactory());
            case DeviceCheckCommand.Name:
                return DeviceCheckCommand.Run(arguments);
            case GenerateCommand.Name:
                return GenerateCommand.Run(arguments, jobs.CreateFactory());
            case RecomputeCommand.Name:
                return RecomputeCommand.Run(jobs.CreateFactory());
            case SiloCommand when ClusterHosts.Find() is { } cluster:
                return cluster.RunSilo(jobs, arguments[1..]);
            case SiloCommand:
                Console.Error.WriteLine($"error: {SiloCommand}: {ClusterHosts.Missing}");
                return CommandLine.BadInput;
            default:
                using (var interrupt = new Interrupt())
                {
                    var train = new TrainCommand(Console.Out, jobs, arguments);
                    var line = new CommandLine(train.RunAsync, new DemoCommand(train, Console.Out).RunAsync, Console.Out, Console.Error);
                    return line.RunAsync(arguments, interrupt.Token).GetAwaiter().GetResult();
                }
        }
    }
}
