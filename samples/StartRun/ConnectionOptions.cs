using System.CommandLine;
using AtomGrains.Clustering;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport.Tls;

namespace StartRun;

/// <summary>How the cluster is found: the settings of its silos, by the same names; the command line over the environment.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _cluster = Global(ClusterConnection.ClusterFlag, "ID", $"The cluster's id. Default {ClusterConnection.DefaultCluster}.");
    private readonly Option<string?> _clustering = Global(ClusterConnection.ClusteringFlag, "azure-table|directory:DIR", "Where the cluster's membership is.");
    private readonly Option<string?> _account = Global(ClusterConnection.AccountFlag, "NAME", $"Storage account, entered by this machine's identity; {ClusterConnection.ConnectionVariable} in the environment goes instead.");
    private readonly Option<string?> _tableEndpoint = Global(ClusterConnection.TableEndpointFlag, "URL", "The account's table address where it is not the public cloud's.");
    private readonly Option<string?> _certificate = Global(TlsFiles.CertificateFlag, "FILE.pem", "This client's certificate, where silos know each other by theirs.");
    private readonly Option<string?> _key = Global(TlsFiles.KeyFlag, "FILE.pem", "Its private key.");
    private readonly Option<string?> _authority = Global(TlsFiles.AuthorityFlag, "FILE.pem", "Certificates of the authorities that silos' must come from.");

    public void AddTo(Command root)
    {
        root.Options.Add(_cluster);
        root.Options.Add(_clustering);
        root.Options.Add(_account);
        root.Options.Add(_tableEndpoint);
        root.Options.Add(_certificate);
        root.Options.Add(_key);
        root.Options.Add(_authority);
    }

    /// <exception cref="ClientException">Everything that is wrong.</exception>
    public ClusterConnection Read(ParseResult parsed)
    {
        var errors = new List<SettingError>();
        var (certificate, key, authority) = (Given(parsed, _certificate), Given(parsed, _key), Given(parsed, _authority));
        var tls = certificate is null && key is null && authority is null ? null : TlsFiles.Read(certificate, key, authority, errors);
        var connection = ClusterConnection.Read(
            Given(parsed, _cluster) ?? ClusterConnection.DefaultCluster,
            Given(parsed, _clustering),
            Given(parsed, _account),
            Variable(ClusterConnection.ConnectionVariable),
            errors,
            tls,
            Given(parsed, _tableEndpoint));
        return errors.Count == 0 ? connection! : throw new ClientException([.. errors.Select(error => error.ToString())]);
    }

    private static string? Given(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) ?? Variable($"ATOMGRAINS_{option.Name.TrimStart('-').ToUpperInvariant().Replace('-', '_')}");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static Option<string?> Global(string flag, string value, string description) => new(flag) { Description = description, HelpName = value, Recursive = true };
}
