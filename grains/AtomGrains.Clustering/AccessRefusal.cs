using Azure;
using Azure.Identity;

namespace AtomGrains.Clustering;

/// <summary>Tells a storage account that does not let this process in, which no waiting changes, from one that does not answer.</summary>
public static class AccessRefusal
{
    private const int Unauthorized = 401;
    private const int Forbidden = 403;
    private const int NotFound = 404;

    /// <summary>Why the account of the cluster's membership refuses, in a line; null when that is not what happened.</summary>
    public static string? Of(Exception error) => error switch
    {
        AuthenticationFailedException refused => $"this machine's identity is not accepted: {LineOf(refused)}",
        RequestFailedException { Status: Unauthorized or Forbidden or NotFound } refused => $"the storage account refuses: {refused.Status} {refused.ErrorCode}: {LineOf(refused)}",
        AggregateException many => many.InnerExceptions.Select(Of).FirstOrDefault(why => why is not null),
        { InnerException: { } inner } => Of(inner),
        _ => null,
    };

    // What follows are headers, and advice to programmers.
    private static string LineOf(Exception error) => error.Message.Split('\n')[0].Trim();
}
