using System.CommandLine;
using System.Globalization;
using AtomGrains.Clustering;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport.Tls;

namespace StartRun;

/// <summary>
/// How the cluster is found: the settings of its silos, by the same names; the command line over the environment over a silo's
/// own file.
/// </summary>
internal sealed class ConnectionOptions
{
    public const string ConfigFlag = "--config";

    private const string PatienceFlag = "--connect-timeout";
    private const int UsualPatience = 10; // s; a silo that lives answers within milliseconds
    private const int LongestPatience = 3600;

    private readonly Option<string?> _config = Global(ConfigFlag, "silo.yaml", "A silo's own file of settings: what follows is taken from it where it is not given.");
    private readonly Option<string?> _cluster = Global(ClusterConnection.ClusterFlag, "ID", $"The cluster's id. Default {ClusterConnection.DefaultCluster}.");
    private readonly Option<string?> _clustering = Global(ClusterConnection.ClusteringFlag, "azure-table|directory:DIR", "Where the cluster's membership is.");
    private readonly Option<string?> _account = Global(ClusterConnection.AccountFlag, "NAME", $"Storage account, entered by this machine's identity; {ClusterConnection.ConnectionVariable} in the environment goes instead.");
    private readonly Option<string?> _tableEndpoint = Global(ClusterConnection.TableEndpointFlag, "URL", "The account's table address where it is not the public cloud's.");
    private readonly Option<string?> _certificate = Global(TlsFiles.CertificateFlag, "FILE.pem", "This client's certificate, where silos know each other by theirs.");
    private readonly Option<string?> _key = Global(TlsFiles.KeyFlag, "FILE.pem", "Its private key.");
    private readonly Option<string?> _authority = Global(TlsFiles.AuthorityFlag, "FILE.pem", "Certificates of the authorities that silos' must come from.");
    private readonly Option<string?> _patience = Global(PatienceFlag, "SECONDS", $"How long silos are looked for. Default {UsualPatience}.");

    public void AddTo(Command root)
    {
        foreach (var option in new[] { _config, _cluster, _clustering, _account, _tableEndpoint, _certificate, _key, _authority, _patience })
        {
            root.Options.Add(option);
        }
    }

    /// <returns>The cluster, and how long it is looked for.</returns>
    /// <exception cref="ClientException">Everything that is wrong.</exception>
    public (ClusterConnection Cluster, TimeSpan Patience) Read(ParseResult parsed)
    {
        var errors = new List<SettingError>();
        var file = SiloFile.Read(Own(parsed, _config), errors);
        var connection = ClusterConnection.Read(
            Given(_cluster) ?? ClusterConnection.DefaultCluster, Given(_clustering), Given(_account), Variable(ClusterConnection.ConnectionVariable), errors, ReadTls(parsed, file, errors), Given(_tableEndpoint));
        var patience = ReadPatience(parsed, errors);
        return errors.Count == 0 ? (connection!, patience) : throw new ClientException([.. errors.Select(error => error.ToString())]);

        string? Given(Option<string?> option) => Own(parsed, option) ?? file.Value(NameOf(option));
    }

    private TimeSpan ReadPatience(ParseResult parsed, ICollection<SettingError> errors)
    {
        var given = Own(parsed, _patience);
        var seconds = UsualPatience;
        if (given is not null && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds is < 1 or > LongestPatience))
        {
            errors.Add(new SettingError(PatienceFlag, given, $"must be whole seconds from 1 to {LongestPatience}"));
        }

        return TimeSpan.FromSeconds(seconds);
    }

    // The file's own certificate is of no use where its silo shows none.
    private TlsFiles? ReadTls(ParseResult parsed, SiloFile file, ICollection<SettingError> errors)
    {
        var own = new[] { _certificate, _key, _authority }.Select(option => Own(parsed, option)).ToArray();
        var isOff = file.HasTls == false && own.All(given => given is null);
        var given = new[] { _certificate, _key, _authority }.Select((option, number) => own[number] ?? (isOff ? null : file.Value(NameOf(option)))).ToArray();
        return file.HasTls != true && given.All(one => one is null) ? null : TlsFiles.Read(given[0], given[1], given[2], errors);
    }

    private static string? Own(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? Variable($"ATOMGRAINS_{NameOf(option).ToUpperInvariant().Replace('-', '_')}");

    private static string NameOf(Option<string?> option) => option.Name.TrimStart('-');

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Option<string?> Global(string flag, string value, string description) => new(flag) { Description = description, HelpName = value, Recursive = true };
}
