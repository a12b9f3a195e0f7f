using System.Globalization;
using System.Net;
using AtomGrains.Clustering;
using AtomGrains.Commands;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol;
using AtomGrains.Grains.Runs;
using AtomGrains.Grains.Workers;
using AtomGrains.Local;
using AtomGrains.Local.Devices;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Storage.Checkpoints;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Workers;
using AtomGrains.Silo.Children;
using AtomGrains.Silo.Runs;

namespace AtomGrains.Silo.Local;

/// <summary>
/// A cluster on one machine: as many silo processes as have devices for all workers, started again when they end, as a
/// cluster's own orchestrator would. It is no part of the run, decides nothing about it and is not asked by it: it reads the run folder
/// as a person would.
/// </summary>
internal sealed class LocalCluster(RunFolder folder, int elements, SupervisorOptions options, IRunObserver observer)
{
    public const string AskedToEnd = "it was asked to end";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // A silo that dies so soon tells of a broken set-up; this many in a row end the run.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private const int MostFailedStarts = 6;

    // A silo that leaves in order declares itself dead just before its process ends.
    private static readonly TimeSpan LastMoments = TimeSpan.FromSeconds(1);

    // Also of what is looked up then, and not at each look, since the nodes want the processors: who was declared dead, and memory.
    private static readonly TimeSpan StatusEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LeaveGrace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);

    private readonly string _runId = Guid.NewGuid().ToString("N");
    private readonly RunSecret _secret = RunSecret.Create();
    private readonly List<SiloProcess> _silos = [];
    private readonly StruckFaults _struck = new(folder.Path, options.Settings.Faults);
    private readonly NodeDeaths _deaths = new(folder.Path);
    private readonly SiloRoll _roll = new(folder.Path);
    private readonly SiloEnds _ends = SiloEnds.Anew(folder.Path);
    private readonly Places _places = new(new FailedDevices(null, "", options.Settings.DeviceFailures));
    private readonly List<(int Slot, Task<string?> Asked)> _checks = [];
    private readonly FileMembershipTable _membership = FileMembershipTable.Anew(folder.Path);
    private readonly RunFiles _files = new(folder.Path, observer);
    private readonly ChildRecords _children = new(folder.Path);
    private readonly HashSet<int> _noted = [];
    private readonly Dictionary<int, int> _lastNodes = [];
    private readonly Generation _before = folder.OpenRegister().Newest()?.Generation ?? Generation.None;
    private SiloOrders _orders = null!;
    private DateTimeOffset _nextStatus;
    private int? _coordinator;
    private int _failedStarts;
    private int _scaledTo;
    private long _peakRssBytes;

    public RunOutcome Run(CancellationToken cancellation)
    {
        if (End() is { Stopped: null } end)
        {
            observer.OnNote("silos of the attempt before had brought it to its end");
            return Conclude(end, stopped: null);
        }

        return Train(cancellation);
    }

    private RunOutcome Train(CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "logs"));
        RunNote.Waiting.Delete(folder.Path);
        RunNote.Checkpoint.Delete(folder.Path);
        RunNote.Coordinator.Delete(folder.Path);
        RunEnd.Delete(folder.Path);
        _orders = Orders();
        RunEnd? end = null;
        string? stopped = null;
        try
        {
            while ((end = End()) is null && stopped is null)
            {
                stopped = cancellation.IsCancellationRequested ? AskedToEnd : Keep();
                _files.Tell();
                WriteStatus();
                Thread.Sleep(Look);
            }
        }
        finally
        {
            if (end is null && cancellation.IsCancellationRequested)
            {
                // A resume goes on from there; whoever is paused is not waited for longer.
                _silos.ForEach(silo => silo.LeaveBehind());
                AwaitEnds(LeaveGrace);
            }

            EndSilos();
        }

        if (end is null && !_silos.Exists(silo => !silo.HasExited))
        {
            Complete();
        }

        return Conclude(end, end is null ? stopped : end.Stopped);
    }

    private RunOutcome Conclude(RunEnd? end, string? stopped)
    {
        _files.Tell();
        WriteStatus();
        if (end is { Stopped: null })
        {
            folder.Finish(DateTimeOffset.UtcNow);
        }

        var struck = _struck.Orders;
        return new RunOutcome(Report(end), stopped, [.. options.Settings.Faults.Orders.Where((_, number) => !struck.Contains(number))]);
    }

    // Not there until the very end: to find that out by an exception costs more than all else that is looked at.
    private RunEnd? End() => File.Exists(Path.Combine(folder.Path, RunEnd.FileName)) ? RunEnd.Read(folder.Path) : null;

    // Silos that are wanted and not there are started; why the run has to end, or null.
    private string? Keep()
    {
        var isStatusDue = DateTimeOffset.UtcNow >= _nextStatus;
        HashSet<string> dead = isStatusDue ? [.. _membership.Dead()] : [];
        foreach (var silo in _silos.Where(silo => !silo.IsReplaced))
        {
            if (silo.HasExited)
            {
                silo.IsReplaced = true;
                var cause = RecordEnd(silo);
                var isKilledEarly = !HasChildren && FaultNames.WasKilled(silo.ExitCode) && !_files.HasJoinedSince(silo.Ordinal, silo.Started);
                if (FaultNames.IsOwnFailure(silo.ExitCode) || isKilledEarly)
                {
                    // What it is told of its end tells processes apart, and is written down nowhere.
                    _places.Ended(silo.Ordinal, new NodeId(silo.Pid), DateTimeOffset.UtcNow - silo.Started, DeviceFailureOf(silo, cause), DateTimeOffset.UtcNow);
                }

                _failedStarts = DateTimeOffset.UtcNow - silo.Started < Soon && silo.ExitCode != 0 ? _failedStarts + 1 : 0;
                observer.OnNote($"silo {silo.Ordinal} (process {silo.Pid}){(silo.Pid == _coordinator ? ", which hosted the coordinator," : "")} has ended with exit code {silo.ExitCode}");
            }
            else if (dead.Contains(silo.Name) && DateTimeOffset.UtcNow - (silo.DeclaredDead ??= DateTimeOffset.UtcNow) > LastMoments)
            {
                // The cluster has given it up though its process lives, so it is paused: as a liveness probe would find.
                silo.IsReplaced = true;
                observer.OnNote($"silo {silo.Ordinal} (process {silo.Pid}) is silent and was declared dead");
                if (!WakesLater(silo))
                {
                    silo.IsFenced = true;
                    silo.Signal(Signals.Kill);
                }
            }
        }

        foreach (var silo in _silos.Where(silo => silo is { IsReplaced: true, IsEndRecorded: false, HasExited: true }))
        {
            RecordEnd(silo);
        }

        foreach (var pid in isStatusDue ? _silos.Where(silo => !silo.HasExited).Select(silo => silo.Pid).Concat(LivingChildren.Select(child => child.Pid)) : [])
        {
            _peakRssBytes = Math.Max(_peakRssBytes, NodeTable.PeakRss(pid));
        }

        // Behind the ends: who had the coordinator when it ended was read before a successor could say that it has it.
        _coordinator = _files.Coordinator;
        Wake();
        NoteStrikes();
        CheckDevices();
        if (_places.Quarantined.Count == SiloCount)
        {
            return $"every device is quarantined; the last one: {_places.Quarantined[^1].Failure}";
        }

        for (var ordinal = 0; ordinal < SiloCount; ordinal++)
        {
            if (!_silos.Exists(silo => silo.Ordinal == ordinal && !silo.IsReplaced) && _places.MayStart(ordinal, DateTimeOffset.UtcNow))
            {
                var silo = new SiloProcess(_orders with { Ordinal = ordinal, Host = HostOf(ordinal) }, options.NodeEnvironment);
                _silos.Add(silo);
                Try(ordinal, () => _roll.Add(ProcessIdentity.Of(silo.Pid)));
            }
        }

        return _failedStarts < MostFailedStarts ? null : $"{_failedStarts} silo processes in a row ended soon after their start; see {Path.Combine(folder.Path, "logs")}";
    }

    private static string? DeviceFailureOf(SiloProcess silo, string? cause) =>
        FaultNames.OfExit(silo.ExitCode) == FaultNames.Device ? cause ?? FaultNames.CauseOf(silo.ExitCode) ?? $"ended with exit code {silo.ExitCode}" : null;

    // A device that failed is asked in a process of its own before another silo gets it.
    private void CheckDevices()
    {
        foreach (var slot in _places.TakeToCheck(DateTimeOffset.UtcNow))
        {
            _checks.Add((slot, DeviceCheckCommand.AskAsync(options.DeviceOf(slot), options.NodeEnvironment)));
        }

        foreach (var (slot, asked) in _checks.Where(check => check.Asked.IsCompleted).ToList())
        {
            _checks.Remove((slot, asked));
            var failure = asked.Result;
            if (failure is not null)
            {
                Try(slot, () => _ends.Record(new SiloEnd(slot, _lastNodes.TryGetValue(slot, out var node) ? node : null, FaultLedger.CheckKind, failure)));
            }

            _places.Checked(slot, failure, DateTimeOffset.UtcNow);
            observer.OnNote($"the {options.DeviceOf(slot)} of silo {slot} {(failure is null ? "passes its check" : $"fails its check: {failure}")}{(_places.IsQuarantined(slot) ? ", and is quarantined" : "")}");
        }
    }

    private void WriteStatus()
    {
        if (DateTimeOffset.UtcNow < _nextStatus)
        {
            return;
        }

        _nextStatus = DateTimeOffset.UtcNow + StatusEvery;
        var status = _files.Status([.. _silos.Where(silo => !silo.HasExited)], LivingChildren);
        (status with { Quarantined = [.. _places.Quarantined.Select(place => $"{options.DeviceOf(place.Slot)} of worker {place.Slot}")] }).Write(folder.Path);
    }

    private bool HasChildren => options.Devices.Count > 1;

    // Where the world shrinks they stay, as a cluster's do: their devices are free.
    private int SiloCount => (Math.Max(options.Settings.Workers, _scaledTo) + options.Settings.Spares + options.Devices.Count - 1) / options.Devices.Count;

    private IReadOnlyList<ChildRecord> LivingChildren
    {
        get
        {
            var silos = _silos.Where(silo => !silo.HasExited).Select(silo => silo.Pid).ToHashSet();
            return HasChildren ? [.. _children.All().Where(child => silos.Contains(child.SiloPid) && Directory.Exists($"/proc/{child.Pid}"))] : [];
        }
    }

    // With several devices it is a child that is paused, and its silo that wakes it.
    private bool WakesLater(SiloProcess silo) => !HasChildren && options.Settings.Faults.Orders.Select((order, number) => (order, number))
        .Any(fault => fault.order.Kind == FaultKind.StopAndWake && fault.order.Worker == silo.Ordinal && _struck.Orders.Contains(fault.number));

    // A paused silo of stop+wake goes on once its replacement takes part.
    private void Wake()
    {
        foreach (var silo in _silos.Where(silo => silo.IsReplaced && !silo.IsWoken && !silo.HasExited))
        {
            if (WakesLater(silo) && _silos.Exists(other => other.Ordinal == silo.Ordinal && !other.IsReplaced && _files.HasJoinedSince(silo.Ordinal, other.Started)))
            {
                observer.OnNote($"silo {silo.Ordinal}'s first process {silo.Pid} wakes up after its replacement has joined");
                silo.IsWoken = true;
                silo.Signal(Signals.Continue);
            }
        }
    }

    private void NoteStrikes()
    {
        if (_noted.Count == options.Settings.Faults.Orders.Count)
        {
            return;
        }

        foreach (var order in _struck.Orders.Where(order => _noted.Add(order)))
        {
            var fault = options.Settings.Faults.Orders[order];
            _scaledTo = Math.Max(_scaledTo, fault.Workers ?? 0);
            observer.OnNote($"fault {fault} strikes");
        }
    }

    // Of all who could say what a process died of, only who started it can. What its nodes' ends are said to be of, if anything.
    private string? RecordEnd(SiloProcess silo)
    {
        silo.IsEndRecorded = true;
        string? last = null;
        Try(silo.Ordinal, () =>
        {
            var kind = silo.IsFenced ? ProcessEnd.Fenced : FaultNames.HasLeft(silo.ExitCode) ? FaultPlan.NameOf(FaultKind.Exit) : FaultNames.OfExit(silo.ExitCode);
            var forgives = DateTimeOffset.UtcNow - silo.Started > Places.LongService;
            var nodes = LaneMark.NodesOf(folder.Path, silo.Pid);
            foreach (var node in nodes)
            {
                var mark = LaneMark.PathOf(folder.Path, node);
                (var death, last) = Autopsy.Of(silo.Pid, silo.ExitCode, LastWords.Read(folder.Path, new NodeId(node))?.Cause, mark, folder.Record.Spec);
                if (death is not null)
                {
                    _deaths.Record(new NodeId(node), death);
                }

                _lastNodes[silo.Ordinal] = node;
                _ends.Record(new SiloEnd(silo.Ordinal, node, kind, last, forgives));
                File.Delete(mark);
            }

            if (nodes.Count == 0 && DeviceFailureOf(silo, null) is { } failure)
            {
                _ends.Record(new SiloEnd(silo.Ordinal, null, kind, failure, forgives));
            }
        });
        return last;
    }

    // A volume that is full or away ends no run: the ledger says then that nobody saw it.
    private void Try(int silo, Action record)
    {
        try
        {
            record();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            observer.OnNote($"what became of silo {silo} cannot be written down: {error.Message}");
        }
    }

    // Of a run that its coordinator has not ended, the last ends may be known to nobody else.
    private void Complete()
    {
        try
        {
            var plan = OrderedRun.PlanOf(_orders, folder.Record.Spec);
            GivenUpRun.Complete(plan, new CheckpointStore(ObjectStores.Open(plan.Store)), observer.OnNote);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            observer.OnNote($"the fault ledger cannot be completed: {error.Message}");
        }
    }

    private void EndSilos()
    {
        // The run is over or given up: nothing is left to hand over, so nothing is waited for but the ends themselves.
        foreach (var silo in _silos)
        {
            silo.Signal(Signals.Kill);
        }

        AwaitEnds(EndGrace);
    }

    private void AwaitEnds(TimeSpan longest)
    {
        var deadline = DateTimeOffset.UtcNow + longest;
        while (_silos.Exists(silo => !silo.HasExited) && DateTimeOffset.UtcNow < deadline)
        {
            Thread.Sleep(Look);
        }
    }

    // One machine plays as many as there are silos, so that copies are placed as they would be on a real cluster.
    private static string HostOf(int ordinal) => $"{Dns.GetHostName()}/{ordinal}";

    private SiloOrders Orders()
    {
        Decision? led = null;
        var origin = _before > Generation.None ? Restored.Origin(folder, options.Settings.Checkpoints, elements, _before, observer, decision => led = decision) : null;
        return new SiloOrders
        {
            RunId = _runId,
            RunFolder = folder.Path,
            Secret = _secret.ToHex(),
            Ordinal = 0,
            Host = HostOf(0),
            Devices = options.Devices,
            Listen = options.Listen.ToString(),
            Elements = elements,
            Settings = options.Settings with { Checkpoints = options.Settings.Checkpoints with { Store = options.Settings.Checkpoints.StoreFor(folder.Path) } },
            Before = _before,
            Origin = origin,
            Led = led,
            BitsClass = folder.Record.BitsClass,
            Program = folder.Record.Program!, // what was opened was described by this version
            Membership = options.Membership,
            OrphanGrace = options.OrphanGrace,
        };
    }

    private RunReport Report(RunEnd? end)
    {
        var recoveries = _files.Recoveries();
        var report = end?.Report ?? _files.Unfinished();
        return report with
        {
            // Of none here when an attempt before had brought it to its end: then it is what was known there.
            WorkersStarted = _silos.Count == 0 ? report.WorkersStarted : HasChildren ? _children.All().Count : _silos.Count,
            Faults = recoveries.Count,
            Recoveries = recoveries,
            PeakRssBytes = new Dictionary<string, long>
            {
                ["supervisor"] = NodeTable.PeakRss(Environment.ProcessId),
                ["node"] = _peakRssBytes,
            },
        };
    }
}
