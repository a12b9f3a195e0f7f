using System.Net;
using System.Text.RegularExpressions;
using AtomGrains.Clustering.Tls;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport.Tls;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Clustering.AzureStorage;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Messaging;
using Orleans.Serialization;

namespace AtomGrains.Clustering;

/// <summary>
/// How the silos of a cluster find each other, and how clients find them: silos and clients that are given the same
/// settings meet. Holds no secret that it would show.
/// </summary>
public sealed partial class ClusterConnection
{
    /// <summary>What a client and a silo call their settings.</summary>
    public const string ClusterFlag = "--cluster";

    /// <inheritdoc cref="ClusterFlag"/>
    public const string ClusteringFlag = "--clustering";

    /// <inheritdoc cref="ClusterFlag"/>
    public const string AccountFlag = "--azure-account";

    /// <inheritdoc cref="ClusterFlag"/>
    public const string TableEndpointFlag = "--azure-table-endpoint";

    /// <summary>Holds a connection string of Azure Storage: the environment alone, since it is a secret.</summary>
    public const string ConnectionVariable = "ATOMGRAINS_AZURE_CONNECTION_STRING";

    /// <summary>The id of a cluster that is given none.</summary>
    public const string DefaultCluster = "atomgrains";

    private const string AzureTable = "azure-table";
    private const string DirectoryScheme = "directory:";
    private const string Service = "atomgrains";

    // A row is read or written in milliseconds, and Orleans asks again by itself. With the usual 100 s and three
    // repetitions, a request that got lost would hold up every change of the membership for minutes.
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(3);
    private const int Repetitions = 1;

    private readonly Func<TableServiceClient>? _tables;
    private readonly string? _folder;
    private readonly TlsFiles? _tls;

    private ClusterConnection(string clusterId, Func<TableServiceClient>? tables, string? folder, TlsFiles? tls) =>
        (ClusterId, _tables, _folder, _tls) = (clusterId, tables, folder, tls);

    /// <summary>Silos and clients of another id never meet these, though they share table or folder.</summary>
    public string ClusterId { get; }

    /// <summary>What the cluster's silos have in common.</summary>
    public IClusterRecord Record => _tables is null ? new FileClusterRecord(Folder()) : new TableClusterRecord(_tables(), ClusterId);

    /// <summary>Reads what was given; null when anything is wrong, which is added to the errors.</summary>
    /// <param name="cluster">Its id.</param>
    /// <param name="clustering"><c>azure-table</c> or <c>directory:DIR</c>.</param>
    /// <param name="account">An account of Azure Storage that this machine's identity may use.</param>
    /// <param name="connectionString">Instead of an account; never shown.</param>
    /// <param name="tls">By what silos and clients know each other; null where they do not encrypt.</param>
    /// <param name="tableEndpoint">Of the account, where its tables are not the public cloud's; null for those.</param>
    public static ClusterConnection? Read(
        string cluster, string? clustering, string? account, string? connectionString, ICollection<SettingError> errors, TlsFiles? tls = null, string? tableEndpoint = null)
    {
        var before = errors.Count;
        if (!ClusterName().IsMatch(cluster))
        {
            errors.Add(new SettingError(ClusterFlag, cluster, "must be 1 to 63 lower-case letters, digits and '-', with a letter or digit at both ends"));
        }

        if (account is not null && !AccountName().IsMatch(account))
        {
            errors.Add(new SettingError(AccountFlag, account, "must be the name of a storage account: 3 to 24 lower-case letters and digits"));
        }

        // Tokens go there: to nobody who listens.
        if (tableEndpoint is not null && !(Uri.TryCreate(tableEndpoint, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps && account is not null))
        {
            errors.Add(new SettingError(TableEndpointFlag, tableEndpoint, $"must be an https address, with {AccountFlag}"));
            return null;
        }

        if (clustering is null)
        {
            errors.Add(new SettingError(ClusteringFlag, "", $"must be given: {AzureTable} or {DirectoryScheme}DIR"));
        }
        else if (clustering == AzureTable)
        {
            CheckAzure(account, connectionString, errors);
        }
        else if (!clustering.StartsWith(DirectoryScheme, StringComparison.Ordinal) || clustering.Length == DirectoryScheme.Length)
        {
            errors.Add(new SettingError(ClusteringFlag, clustering, $"must be {AzureTable} or {DirectoryScheme}DIR"));
        }
        else if (!Directory.Exists(clustering[DirectoryScheme.Length..]))
        {
            errors.Add(new SettingError(ClusteringFlag, clustering, "must name a folder that exists: all silos and clients of the cluster share it"));
        }

        return errors.Count > before ? null
            : clustering == AzureTable ? new ClusterConnection(cluster, () => Tables(account, connectionString, tableEndpoint), folder: null, tls)
            : new ClusterConnection(cluster, tables: null, Path.GetFullPath(clustering![DirectoryScheme.Length..]), tls);
    }

    /// <summary>The silo joins the cluster.</summary>
    /// <param name="membership">Alike for all silos of the cluster: each judges the others by its own.</param>
    public void Configure(ISiloBuilder silo, MembershipOptions membership)
    {
        silo.Configure<ClusterOptions>(Name);
        silo.Configure<ClusterMembershipOptions>(options => ClusterTiming.ApplyStanding(options, membership));
        if (_tables is not null)
        {
            silo.UseAzureStorageClustering((AzureStorageClusteringOptions options) => options.TableServiceClient = _tables());
        }
        else
        {
            silo.Services.AddSingleton<IMembershipTable>(_ => Table());
        }

        if (_tls is not null)
        {
            TlsConnections.Configure(silo, _tls);
        }
    }

    /// <summary>The client finds the cluster's gateways.</summary>
    public void Configure(IClientBuilder client)
    {
        client.Configure<ClusterOptions>(Name);
        client.Services.AddSerializer(serializer => serializer.AddMessagePackSerializer());
        if (_tables is not null)
        {
            client.UseAzureStorageClustering((AzureStorageGatewayOptions options) => options.TableServiceClient = _tables());
        }
        else
        {
            client.Services.AddSingleton<IGatewayListProvider>(_ => new FileGateways(Table()));
        }

        if (_tls is not null)
        {
            TlsConnections.Configure(client, _tls);
        }
    }

    /// <summary>Asks silos' ports why this process is not let in; null when one lets it in, or none says why.</summary>
    /// <param name="silos">Ports for silos, or gateways.</param>
    public async Task<SettingError?> RefusalAsync(IEnumerable<IPEndPoint> silos)
    {
        var verdicts = await Task.WhenAll(silos.Select(silo => TlsProbe.AskAsync(silo, _tls))).ConfigureAwait(false);
        return verdicts.Any(verdict => verdict.IsTaken) ? null : verdicts.Select(verdict => verdict.Fault).FirstOrDefault(fault => fault is not null);
    }

    private static void CheckAzure(string? account, string? connectionString, ICollection<SettingError> errors)
    {
        if (account is null == connectionString is null)
        {
            errors.Add(new SettingError(ClusteringFlag, AzureTable, $"needs one of {AccountFlag} and, in the environment, {ConnectionVariable}"));
            return;
        }

        try
        {
            _ = connectionString is null ? null : Tables(account, connectionString, endpoint: null);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException)
        {
            // What is wrong with it is not said: the message might quote it.
            errors.Add(new SettingError(ConnectionVariable, "", "must be a connection string of Azure Storage with a table endpoint"));
        }
    }

    private static TableServiceClient Tables(string? account, string? connectionString, string? endpoint)
    {
        var options = new TableClientOptions { Retry = { NetworkTimeout = RequestLimit, MaxRetries = Repetitions } };
        return connectionString is not null
            ? new TableServiceClient(connectionString, options)
            : new TableServiceClient(new Uri(endpoint ?? $"https://{account}.table.core.windows.net"), new DefaultAzureCredential(), options);
    }

    private FileMembershipTable Table() => new(Folder());

    private string Folder() => Directory.CreateDirectory(Path.Combine(_folder!, ClusterId)).FullName;

    private void Name(ClusterOptions options) => (options.ClusterId, options.ServiceId) = (ClusterId, Service);

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex ClusterName();

    [GeneratedRegex("^[a-z0-9]{3,24}$")]
    private static partial Regex AccountName();
}
