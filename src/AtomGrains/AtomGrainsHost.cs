using AtomGrains.Commands;

namespace AtomGrains;

/// <summary>
/// The whole of a user's program: it is the supervisor of a run, and it is its own worker process.
/// </summary>
public static class AtomGrainsHost
{
    /// <summary>The command by which a program starts itself as a silo.</summary>
    internal const string SiloCommand = "silo";

    /// <summary>Runs the command that the arguments name; returns the process's exit code.</summary>
    /// <param name="register">Adds the program's jobs.</param>
    public static async Task<int> RunAsync(string[] arguments, Action<JobRegistry> register)
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
            case GenerateCommand.Name:
                return GenerateCommand.Run(arguments, jobs.CreateFactory());
            case SiloCommand when ClusterHosts.Find() is { } cluster:
                return cluster.RunSilo(jobs);
            default:
                using (var interrupt = new Interrupt())
                {
                    var train = new TrainCommand(Console.Out, jobs);
                    return await new CommandLine(train.RunAsync, new DemoCommand(train, Console.Out).RunAsync, Console.Out, Console.Error).RunAsync(arguments, interrupt.Token);
                }
        }
    }
}
