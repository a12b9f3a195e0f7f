using AtomGrains.Node.Storage.Objects;
using Azure;
using Azure.Identity;

namespace AtomGrains.Clustering;

/// <summary>What an error of the cluster's membership says of its storage account.</summary>
public static class AccessRefusal
{
    /// <summary>Why the account refuses, in a line; null when that is not what happened.</summary>
    public static string? Of(Exception error) => error switch
    {
        AuthenticationFailedException refused => StorageRefusal.OfIdentity(refused),
        RequestFailedException answer when StorageRefusal.Of(answer.Status, answer.ErrorCode, answer) is { } refusal => $"the storage account refuses: {refusal}",
        AggregateException many => many.InnerExceptions.Select(Of).FirstOrDefault(why => why is not null),
        { InnerException: { } inner } => Of(inner),
        _ => null,
    };
}
