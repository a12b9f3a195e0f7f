using System.Globalization;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Local;
using AtomGrains.Node.Storage;

namespace AtomGrains.Chaos.Runs;

/// <summary>Finds whom to strike, and says who was struck, in the words of the run's own files.</summary>
internal sealed class Victims(LiveRun run, FaultPlan orders)
{
    private const string Running = "running";

    private readonly RunNames _names = new(run.Folder);
    private readonly HashSet<int> _struck = [];

    /// <summary>The process of a worker that is well, or of another one where that one is not; null when nobody is.</summary>
    public int? Worker(int number)
    {
        var running = run.Status()?.Processes.Where(process => process is { Role: FaultLine.NodeRole, State: Running, Worker: not null } && !_struck.Contains(process.Pid) && ProcessIdentity.Of(process.Pid) is not null).ToList() ?? [];
        return running.Count == 0 ? null : (running.Find(process => process.Worker == number) ?? running[0]).Pid;
    }

    /// <summary>The supervisor's process: who holds the run folder, in which there is a run by now; null when nobody does.</summary>
    public int? Supervisor() => File.Exists(Path.Combine(run.Folder, RunRecord.FileName)) &&
        RunFolderLock.IsHeld(run.Folder) && int.TryParse(RunFolderLock.Holder(run.Folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;

    /// <summary>The silo that hosts the coordinator; null when none does, or the run has no silos.</summary>
    public int? Coordinator() => run.Status()?.CoordinatorPid is { } pid && !_struck.Contains(pid) && ProcessIdentity.Of(pid) is not null ? pid : null;

    /// <summary>Nobody is struck twice from outside.</summary>
    public void Struck(int pid) => _struck.Add(pid);

    /// <summary>Whether a process is no longer one that its run counts on.</summary>
    public bool IsFenced(int pid) => run.Status()?.Processes.All(process => process.Pid != pid || process.State != Running) ?? false;

    /// <summary>The ledger's name of the node that a process is.</summary>
    public string? NodeName(int pid) => _names.OfProcess(pid);

    /// <summary>The ledger's name of the supervisor that a process is; null where it is none yet.</summary>
    public string? SupervisorName(int pid)
    {
        if (!Directory.Exists(Path.Combine(run.Folder, SupervisorRoll.FolderName)))
        {
            return null;
        }

        var roll = new FileRegister(run.Folder, SupervisorRoll.FolderName);
        return roll.Generations().Select(number => JsonSerializer.Deserialize(roll.Read(number), StorageJson.Default.SupervisorRollEntry)!)
            .Where(entry => entry.Process.Pid == pid).Select(entry => SupervisorRoll.NameOf(entry.Number)).LastOrDefault();
    }

    /// <summary>Orders that have struck, and the ledger's name of whom; null where it has none.</summary>
    public IEnumerable<(int Order, string? Who)> OrdersThatStruck()
    {
        if (orders.Orders.Count == 0 || !Directory.Exists(Path.Combine(run.Folder, StruckFaults.FolderName)))
        {
            return [];
        }

        var struck = new StruckFaults(run.Folder, new OrderedFaults(orders, run.Folder).Register);
        return struck.Orders.Select(order => (order, LedgerName(struck.Whom(order), orders.Orders[order].Worker)));
    }

    private string? LedgerName(string whom, int? worker)
    {
        if (!int.TryParse(whom, NumberStyles.None, CultureInfo.InvariantCulture, out var node))
        {
            var words = whom.Split('-');
            return words.Length == 2 ? SupervisorRoll.NameOf(int.Parse(words[1], CultureInfo.InvariantCulture)) : null;
        }

        return _names.OfNode(new NodeId(node), worker);
    }
}
