using System.Text.RegularExpressions;
using AtomGrains.Node.Storage.Objects;
using Azure.Storage.Blobs;

namespace AtomGrains.Azure;

/// <summary>Which blobs a store of checkpoints is: <c>az://CONTAINER/PREFIX</c>; the prefix may be left out.</summary>
public sealed partial record AzureStoreName(string Container, string Prefix)
{
    public const string Scheme = "az://";

    /// <summary>Azure Storage's own names for where it is and how it is entered.</summary>
    public const string ConnectionVariable = "AZURE_STORAGE_CONNECTION_STRING";

    /// <inheritdoc cref="ConnectionVariable"/>
    public const string AccountVariable = "AZURE_STORAGE_ACCOUNT";

    /// <summary>The account's address where it is not the public cloud's: a sovereign cloud, a private link.</summary>
    public const string EndpointVariable = "AZURE_STORAGE_SERVICE_ENDPOINT";

    /// <summary>What is wrong with a name or its surroundings, in words; null when nothing is.</summary>
    public static string? Fault(string store)
    {
        try
        {
            Parse(store);
        }
        catch (ArgumentException)
        {
            return $"must be {Scheme}CONTAINER/PREFIX: a container of 3 to 63 lower-case letters, digits and single '-', and parts of letters, digits, '.', '-' and '_'";
        }

        if (Setting(ConnectionVariable) is null && Setting(AccountVariable) is null)
        {
            return $"needs {ConnectionVariable}, or {AccountVariable} and a credential of this machine, in the environment";
        }

        if (Setting(ConnectionVariable) is { } connection && !IsOfBlobs(connection))
        {
            // What is wrong with it is not said: the message might quote it.
            return $"needs a connection string of Azure Storage with a blob endpoint in {ConnectionVariable}";
        }

        return Setting(EndpointVariable) is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps)
            ? $"needs an https address in {EndpointVariable}, which is '{endpoint}'"
            : null;
    }

    /// <exception cref="ArgumentException">It is no such name.</exception>
    public static AzureStoreName Parse(string store)
    {
        var path = store.StartsWith(Scheme, StringComparison.Ordinal) ? store[Scheme.Length..].TrimEnd('/') : "";
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var (container, prefix) = slash < 0 ? (path, "") : (path[..slash], path[(slash + 1)..]);
        if (!ContainerName().IsMatch(container))
        {
            throw new ArgumentException($"'{container}' is no name of a container", nameof(store));
        }

        if (prefix.Length > 0)
        {
            ObjectName.Check(prefix);
        }

        return new AzureStoreName(container, prefix);
    }

    public override string ToString() => $"{Scheme}{Container}{(Prefix.Length > 0 ? "/" : "")}{Prefix}";

    /// <summary>Where the account's blobs are, for who enters with a credential.</summary>
    internal static Uri Endpoint() => new(Setting(EndpointVariable) ?? $"https://{Setting(AccountVariable)}.blob.core.windows.net");

    internal static string? Setting(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static bool IsOfBlobs(string connection)
    {
        try
        {
            return new BlobServiceClient(connection).Uri is not null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex ContainerName();
}
