using System.Net;

namespace AtomGrains.Node.Storage.Objects;

/// <summary>
/// Tells a storage service that does not let this process in, which no waiting changes, from one that does not answer; the
/// same of objects and of the cluster's membership. Of its errors, a person reads the first line.
/// </summary>
public static class StorageRefusal
{
    /// <summary>Why the service refuses, by its answer; null when that is not what happened.</summary>
    /// <param name="status">Of HTTP.</param>
    /// <param name="code">The service's own word for it.</param>
    public static string? Of(int status, string? code, Exception error) =>
        (HttpStatusCode)status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound ? $"{status} {code}: {LineOf(error)}" : null;

    /// <summary>Nobody knows this process.</summary>
    public static string OfIdentity(Exception error) => $"this machine's identity is not accepted: {LineOf(error)}";

    /// <summary>What the service says: behind it are headers, and advice to programmers.</summary>
    public static string LineOf(Exception error) => error.Message.Split('\n')[0].Trim();
}
