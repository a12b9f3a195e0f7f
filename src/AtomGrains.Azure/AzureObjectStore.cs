using AtomGrains.Node.Storage.Objects;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace AtomGrains.Azure;

/// <summary>
/// Objects as block blobs: blocks are sent in parallel and committed under an ETag condition, so a blob is whole or
/// absent. Requests are repeated with growing pauses. Where the answer to a creation is lost and the request repeated,
/// <see cref="PutIfAbsent"/> says false for an object that is this caller's own.
/// </summary>
public sealed class AzureObjectStore : IObjectStore
{
    // Blocks under way at once: with parts of 8 MiB, enough for a gigabit at 200 ms, and 32 MiB of memory.
    private const int Parallelism = 4;
    private const int NotFound = 404;
    private const int Conflict = 409;
    private const int PreconditionFailed = 412;
    private const int RangeNotSatisfiable = 416;

    // No object of a checkpoint begins so.
    private const string ProbePrefix = "probe-";

    private readonly AzureStoreName _name;
    private readonly BlobContainerClient _container;

    /// <param name="connection">Null for what the environment says: a connection string, or an account and a credential of this machine.</param>
    /// <exception cref="FormatException">The connection string is none.</exception>
    public AzureObjectStore(AzureStoreName name, string? connection = null)
    {
        _name = name;
        connection ??= AzureStoreName.Setting(AzureStoreName.ConnectionVariable);
        var service = connection is not null
            ? new BlobServiceClient(connection, Options())
            : new BlobServiceClient(AzureStoreName.Endpoint(), new DefaultAzureCredential(), Options());
        _container = service.GetBlobContainerClient(name.Container);
    }

    public string Description => _name.ToString();

    public bool PutIfAbsent(string name, IReadOnlyList<ReadOnlyMemory<byte>> parts) => Put(name, new BlobRequestConditions { IfNoneMatch = ETag.All }, parts);

    public bool PutIfMatch(string name, string tag, IReadOnlyList<ReadOnlyMemory<byte>> parts) => Put(name, new BlobRequestConditions { IfMatch = new ETag(tag) }, parts);

    public void ReadRange(string name, long offset, Span<byte> buffer)
    {
        try
        {
            using var content = Blob(name).DownloadStreaming(new BlobDownloadOptions { Range = new HttpRange(offset, buffer.Length) }).Value.Content;
            content.ReadExactly(buffer);
        }
        catch (RequestFailedException error) when (error.Status == RangeNotSatisfiable)
        {
            throw new EndOfStreamException($"{name} ends before byte {offset + buffer.Length}", error);
        }
        catch (Exception error) when (IsOfStore(error))
        {
            throw Failure(name, error);
        }
    }

    public StoredObject? Find(string name)
    {
        try
        {
            var found = Blob(name).GetProperties().Value;
            return new StoredObject(name, found.ContentLength, found.LastModified, found.ETag.ToString());
        }
        catch (RequestFailedException error) when (error.Status == NotFound)
        {
            return null;
        }
        catch (Exception error) when (IsOfStore(error))
        {
            throw Failure(name, error);
        }
    }

    public IReadOnlyList<StoredObject> List(string prefix)
    {
        var root = PathOf("");
        try
        {
            return [.. _container.GetBlobs(prefix: root + prefix).Select(blob => new StoredObject(
                blob.Name[root.Length..], blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? default)).OrderBy(entry => entry.Name, StringComparer.Ordinal)];
        }
        catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            return [];
        }
        catch (Exception error) when (IsOfStore(error))
        {
            throw Failure(prefix, error);
        }
    }

    public void Delete(string name)
    {
        try
        {
            Blob(name).DeleteIfExists();
        }
        catch (RequestFailedException error) when (error.Status == NotFound)
        {
            // Gone with its container.
        }
        catch (Exception error) when (IsOfStore(error))
        {
            throw Failure(name, error);
        }
    }

    /// <summary>Asks whether the container is there and lets this process in; leaves nothing there.</summary>
    /// <param name="limit">For the answer, repetitions included.</param>
    /// <param name="writes">Whether it is written to as well, which a role that may only read does not allow.</param>
    /// <returns>Null when it does.</returns>
    public StoreFault? Ask(TimeSpan limit, bool writes)
    {
        using var deadline = new CancellationTokenSource(limit);
        var probe = _container.GetBlockBlobClient(PathOf($"{ProbePrefix}{Guid.NewGuid():N}"));
        try
        {
            _ = _container.GetBlobs(prefix: PathOf(ProbePrefix), cancellationToken: deadline.Token).Any();
            if (writes)
            {
                using var content = BinaryData.FromString(ProbePrefix).ToStream();
                probe.Upload(content, cancellationToken: deadline.Token);
                probe.DeleteIfExists(cancellationToken: deadline.Token);
            }

            return null;
        }
        catch (OperationCanceledException)
        {
            return new StoreFault($"no answer of {_name} within {limit.TotalSeconds} s", IsRefusal: false);
        }
        catch (Exception error) when (IsOfStore(error))
        {
            return FaultOf(error);
        }
    }

    public void RemoveRemains(DateTimeOffset olderThan)
    {
        // Blocks that were never committed are no blob, and the service removes them by itself.
    }

    // Repeated: six attempts in some fifteen seconds. A store that is away for longer costs checkpoints, and says so.
    private static BlobClientOptions Options()
    {
        var options = new BlobClientOptions();
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 5;
        options.Retry.Delay = TimeSpan.FromMilliseconds(400);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(8);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(100);
        return options;
    }

    private bool Put(string name, BlobRequestConditions conditions, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var blob = Blob(name);
        try
        {
            return TryPut(blob, conditions, parts);
        }
        catch (Exception error) when (HasNoContainer(error))
        {
            return conditions.IfMatch is null && PutIntoNewContainer(blob, conditions, parts);
        }
        catch (Exception error) when (IsOfStore(error))
        {
            throw Failure(name, error);
        }
    }

    private bool PutIntoNewContainer(BlockBlobClient blob, BlobRequestConditions conditions, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        try
        {
            _container.CreateIfNotExists();
            return TryPut(blob, conditions, parts);
        }
        catch (Exception error) when (IsOfStore(error))
        {
            throw Failure(blob.Name, error);
        }
    }

    private static bool TryPut(BlockBlobClient blob, BlobRequestConditions conditions, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        // Names of this attempt's own: of two who write at once, each commits what it sent, or nothing.
        var attempt = Guid.NewGuid().ToString("N");
        var blocks = parts.Where(part => part.Length > 0).Select((part, place) => (Part: part, Id: Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"{attempt}-{place:D8}")))).ToList();
        try
        {
            Parallel.ForEach(blocks, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, block =>
            {
                using var content = BinaryData.FromBytes(block.Part).ToStream();
                blob.StageBlock(block.Id, content);
            });
            blob.CommitBlockList(blocks.Select(block => block.Id), new CommitBlockListOptions { Conditions = conditions });
            return true;
        }
        catch (RequestFailedException error) when (error.Status is Conflict or PreconditionFailed || error.ErrorCode == BlobErrorCode.InvalidBlockList || error.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            // Taken, or another one by now. Whoever committed first has dropped the blocks of all others with it.
            return false;
        }
    }

    private BlockBlobClient Blob(string name)
    {
        ObjectName.Check(name);
        return _container.GetBlockBlobClient(PathOf(name));
    }

    private string PathOf(string name) => _name.Prefix.Length == 0 ? name : $"{_name.Prefix}/{name}";

    private static bool HasNoContainer(Exception error) =>
        (error is AggregateException many ? many.Flatten().InnerExceptions : [error]).Any(one => one is RequestFailedException { ErrorCode: { } code } && code == BlobErrorCode.ContainerNotFound);

    private static bool IsOfStore(Exception error) => error is RequestFailedException or AggregateException or AuthenticationFailedException or FormatException;

    private StoreFault FaultOf(Exception error) => error switch
    {
        _ when HasNoContainer(error) => new StoreFault($"needs a container {_name.Container}, which is not there", IsRefusal: true),
        RequestFailedException answer when StorageRefusal.Of(answer.Status, answer.ErrorCode, answer) is { } refusal => new StoreFault($"is refused: {refusal}", IsRefusal: true),
        AuthenticationFailedException => new StoreFault($"is refused: {StorageRefusal.OfIdentity(error)}", IsRefusal: true),
        AggregateException many => FaultOf(many.Flatten().InnerExceptions[0]),
        _ => new StoreFault($"does not answer: {StorageRefusal.LineOf(error)}", IsRefusal: false),
    };

    private IOException Failure(string name, Exception error)
    {
        var first = error is AggregateException many ? many.Flatten().InnerExceptions[0] : error;
        var text = $"{name} in {_name}: {StorageRefusal.LineOf(first)}";
        return first is RequestFailedException { Status: NotFound } ? new FileNotFoundException(text, error) : new IOException(text, error);
    }
}
