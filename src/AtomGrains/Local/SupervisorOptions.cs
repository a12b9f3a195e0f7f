using System.Net;
using AtomGrains.Core.Options;
using AtomGrains.Node.Runs;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>Where and on how many processes a run takes place; nothing in here changes a bit of its weights.</summary>
public sealed record SupervisorOptions
{
    public required RunSettings Settings { get; init; }

    /// <summary>Dealt out to processes by their numbers, round and round; of one kind.</summary>
    public IReadOnlyList<string> Devices { get; init; } = ["cpu"];

    /// <summary>Where the supervisor and the nodes listen.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Port of the control channel; 0 is any free one.</summary>
    public int Port { get; init; }

    /// <summary>How soon silos give one another up.</summary>
    public MembershipOptions Membership { get; init; } = new();

    /// <summary>How long nodes live without a supervisor.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What the run's last supervisor left for who comes after it; null for a run that begins.</summary>
    public SupervisorPost? Predecessor { get; init; }

    /// <summary>Environment of node processes beside this process's own.</summary>
    public required IReadOnlyDictionary<string, string> NodeEnvironment { get; init; }

    /// <summary>The device of a worker's number.</summary>
    public string DeviceOf(int slot) => Devices[slot % Devices.Count];
}
