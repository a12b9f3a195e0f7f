using System.Security.Cryptography;
using System.Text.Json;
using AtomGrains.Core.Checkpoints;

namespace AtomGrains.Node.Storage.Checkpoints;

/// <summary>A manifest as it stands in the store, with what a host knows besides. Its own checksum tells a broken one.</summary>
public sealed record ManifestFile
{
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>SHA-256 of this record's JSON with an empty checksum, lower-case hex.</summary>
    public string Checksum { get; init; } = "";

    /// <summary>What must be alike for bits to be alike, besides the spec.</summary>
    public required string BitsClass { get; init; }

    /// <summary>Bytes of the fault ledger when the manifest was written.</summary>
    public required long LedgerPosition { get; init; }

    public required DateTimeOffset Written { get; init; }

    public required CheckpointManifest Manifest { get; init; }

    public byte[] ToBytes() => Serialize(this with { Checksum = ChecksumOf(this) });

    /// <exception cref="InvalidDataException">It is broken, or of a format that this version does not read.</exception>
    public static ManifestFile Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var file = JsonSerializer.Deserialize(bytes, CheckpointJson.Default.ManifestFile);
            return file is not { Format: CurrentFormat }
                ? throw new InvalidDataException($"it has format {file?.Format}; this version reads {CurrentFormat}")
                : file.Checksum == ChecksumOf(file) ? file : throw new InvalidDataException("its checksum is not that of its content");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"it is broken: {error.Message}", error);
        }
    }

    private static string ChecksumOf(ManifestFile file) => Convert.ToHexStringLower(SHA256.HashData(Serialize(file with { Checksum = "" })));

    private static byte[] Serialize(ManifestFile file) => JsonSerializer.SerializeToUtf8Bytes(file, CheckpointJson.Default.ManifestFile);
}
