using AtomGrains.Clustering;
using AtomGrains.Commands.Options;

namespace AtomGrains.Silo.Standing;

/// <summary>Every setting of a standing silo with its default: the only place where defaults are.</summary>
internal static class SiloKeys
{
    public static readonly Setting Cluster = new("cluster", "ID", "The cluster's id: silos and clients of one id meet.", ClusterConnection.DefaultCluster);
    public static readonly Setting Clustering =
        new("clustering", "azure-table|directory:DIR", "Where the cluster's membership is: a table in Azure Storage, or a folder that all silos share.");
    public static readonly Setting AzureAccount =
        new("azure-account", "NAME", $"Storage account, entered by this machine's identity; the environment's {ClusterConnection.ConnectionVariable} goes instead.");
    public static readonly Setting AzureTableEndpoint =
        new("azure-table-endpoint", "URL", "The account's table address where it is not the public cloud's: a sovereign cloud, a private link.");
    public static readonly Setting AzureConnectionString =
        new("azure-connection-string", "SECRET", $"From the environment alone, as {ClusterConnection.ConnectionVariable}.") { IsSecret = true };
    public static readonly Setting Runs = new("runs", "DIR", "Folder on a volume that all silos share; each run is a folder in it.");
    public static readonly Setting Store =
        new("store", "DIR|az://CONTAINER/PREFIX", "Where checkpoints go; a folder in each run's folder unless given.");
    public static readonly Setting Data = new("data", "DIR", "Folder in which the data of runs must lie; anywhere that this process can read unless given.");
    public static readonly Setting Devices = new("devices", "cpu|cuda:N[,...]", "Where workers compute: one device, or several of one kind.", "cpu");
    public static readonly Setting Address = new("address", "ADDRESS", "This pod's own address, which others connect to.", "127.0.0.1");
    public static readonly Setting Host = new("host", "NAME", "Failure domain: primary and backup are never in one. The machine's name unless given.");

    // Orleans's own, and what most things that scrape or probe expect.
    public static readonly Setting SiloPort = new("silo-port", "N", "Port for other silos; 0 is any free one.", "11111");
    public static readonly Setting GatewayPort = new("gateway-port", "N", "Port for clients; 0 is any free one.", "30000");
    public static readonly Setting HttpPort = new("http-port", "N", "Port of /healthz, /readyz and /metrics; 0 is any free one.", "8080");
    public static readonly Setting TensorPorts = new("tensor-ports", "FIRST-LAST", "Ports for tensors, one for each worker of this silo; any free ones unless given.");

    // What the large clouds give before they take a machine away.
    public static readonly Setting Grace = new("grace", "SECONDS", "How long a silo has to hand over after SIGTERM.", "30");
    public static readonly Setting SecretFile =
        new("secret-file", "FILE", "Holds the cluster's secret, 64 hexadecimal digits, from which each run's is derived.");
    public static readonly Setting Tls = new("tls", "on|off", "Whether silos prove who they are by certificates and encrypt; off on loopback unless given, on everywhere else.");
    public static readonly Setting TlsCertificate = new("tls-certificate", "FILE.pem", "This silo's certificate, with those between it and the authority's.");
    public static readonly Setting TlsKey = new("tls-key", "FILE.pem", "Its private key.");
    public static readonly Setting TlsAuthority = new("tls-ca", "FILE.pem", "Certificates of the authorities that others' must come from.");

    /// <summary>In the order of the help text.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        Settings.Config, Cluster, Clustering, AzureAccount, AzureTableEndpoint, AzureConnectionString, Runs, Store, Data, Devices, Address, Host, SiloPort, GatewayPort, HttpPort,
        TensorPorts, Grace, Settings.ProbeTimeout, Settings.MissedProbes, SecretFile, Tls, TlsCertificate, TlsKey, TlsAuthority,
    ];
}
