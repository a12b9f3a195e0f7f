namespace AtomGrains.Clustering;

/// <summary>Names of all that a silo's file of settings may say, so that a client can read the same file and know what is none.</summary>
public static class SiloFileNames
{
    public const string Tls = "tls";

    /// <summary>In the order in which a silo lists them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "cluster", "clustering", "azure-account", "azure-table-endpoint", "runs", "store", "data", "devices", "address", "host", "silo-port", "gateway-port", "http-port", "tensor-ports", "grace", "probe-timeout", "missed-probes",
        "secret-file", Tls, "tls-certificate", "tls-key", "tls-ca",
    ];
}
