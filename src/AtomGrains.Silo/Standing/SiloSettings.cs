using System.Net;
using System.Security.Cryptography;
using System.Text;
using AtomGrains.Clustering;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Silo.Standing;

/// <summary>What a standing silo was told, checked: every value can be used as it is.</summary>
internal sealed record SiloSettings
{
    /// <summary>How it finds the others of its cluster, and how they prove themselves.</summary>
    public required ClusterConnection Connection { get; init; }

    /// <summary>Absolute; exists, can be written, and is the same for all silos of the cluster. Each run is a folder in it.</summary>
    public required string Runs { get; init; }

    /// <summary>Where checkpoints go, absolute; null for a folder in each run's folder.</summary>
    public string? Store { get; init; }

    /// <summary>In which the data of runs must lie, absolute; null for anywhere. It need not be there yet.</summary>
    public string? Data { get; init; }

    /// <summary>Of one kind, <c>cpu</c> or <c>cuda:N</c>; at least one.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>Of silo, gateway, HTTP and tensors.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The failure domain: primary and backup of a partition are never in one.</summary>
    public required string Host { get; init; }

    /// <summary>Never 0: a free one has been chosen.</summary>
    public required int SiloPort { get; init; }

    /// <inheritdoc cref="SiloPort"/>
    public required int GatewayPort { get; init; }

    /// <summary>0 is any free one.</summary>
    public required int HttpPort { get; init; }

    /// <summary>Null for any free ones.</summary>
    public PortRange? TensorPorts { get; init; }

    /// <summary>How its nodes prove themselves to those of other silos; null where they do not encrypt.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>Where its nodes listen for tensors.</summary>
    public ListenRange TensorListen => new(Address, TensorPorts);

    /// <summary>How long the silo may take to hand its nodes over once it is asked to end.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>How soon it gives up others that are silent; alike for all silos of the cluster.</summary>
    public required MembershipOptions Membership { get; init; }

    public required ClusterSecret Secret { get; init; }

    /// <summary>What it is to every run.</summary>
    public SiloShape Shape => new(Host, TensorListen.ToString(), Devices, Number, HasChildren: true, Tls);

    // Pods and machines keep their names when they start again: by it a device is known that was found wrong.
    private int Number => (int)(BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName}:{SiloPort}"))) >> 2);

    /// <summary>This process's name among silos: what its logs and its cluster call it.</summary>
    /// <remarks>Every container's process is number 1: with the container's name, those of one machine differ.</remarks>
    public string Name => Host == Environment.MachineName ? $"{Host}-{Environment.ProcessId}" : $"{Host}-{Environment.MachineName}-{Environment.ProcessId}";
}
