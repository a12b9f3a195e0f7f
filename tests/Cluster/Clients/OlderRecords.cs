using AtomGrains.Grains.Wire;
using MessagePack;
using MessagePack.Formatters;
using MessagePack.Resolvers;

namespace AtomGrains.Cluster.Tests.Clients;

/// <summary>Requests of a client as it was before their newest fields were added: these are not there, on the wire.</summary>
internal sealed class OlderRecords : IMessagePackFormatter<RunRequest?>, IMessagePackFormatter<RunOrder?>, IMessagePackFormatter<RunQuery?>
{
    private int _sent;

    public OlderRecords() => Resolver = CompositeResolver.Create([this], [StandardResolver.Instance]);

    public IFormatterResolver Resolver { get; }

    /// <summary>How many went out.</summary>
    public int Sent => Volatile.Read(ref _sent);

    public void Serialize(ref MessagePackWriter writer, RunRequest? value, MessagePackSerializerOptions options)
    {
        Begin(ref writer, fields: 3, value!.Version);
        writer.Write(value.Name);
        writer.Write(value.Spec);
    }

    public void Serialize(ref MessagePackWriter writer, RunOrder? value, MessagePackSerializerOptions options)
    {
        Begin(ref writer, fields: 3, value!.Version);
        writer.Write(value.Name);
        writer.Write((int)value.Kind);
    }

    public void Serialize(ref MessagePackWriter writer, RunQuery? value, MessagePackSerializerOptions options) => Begin(ref writer, fields: 1, value!.Version);

    RunRequest IMessagePackFormatter<RunRequest?>.Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => throw OnlySent();

    RunOrder IMessagePackFormatter<RunOrder?>.Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => throw OnlySent();

    RunQuery IMessagePackFormatter<RunQuery?>.Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options) => throw OnlySent();

    private void Begin(ref MessagePackWriter writer, int fields, int version)
    {
        Interlocked.Increment(ref _sent);
        writer.WriteArrayHeader(fields);
        writer.Write(version);
    }

    private static NotSupportedException OnlySent() => new("a client is asked nothing");
}
