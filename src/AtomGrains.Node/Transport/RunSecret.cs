using System.Security.Cryptography;

namespace AtomGrains.Node.Transport;

/// <summary>
/// The 32 random bytes that members of one run share. They prove themselves by HMAC and never travel
/// on a connection. The secret has no readable <c>ToString</c>, so that no log can show it by accident.
/// </summary>
public sealed class RunSecret
{
    public const int SizeBytes = 32;

    private readonly byte[] _key;

    private RunSecret(byte[] key) => _key = key;

    public static RunSecret Create() => new(RandomNumberGenerator.GetBytes(SizeBytes));

    /// <summary>Reads what <see cref="ToHex"/> wrote. FormatException unless it is 64 hexadecimal digits.</summary>
    public static RunSecret FromHex(string hex)
    {
        var key = Convert.FromHexString(hex);
        return key.Length == SizeBytes
            ? new RunSecret(key)
            : throw new FormatException($"a run secret has {SizeBytes * 2} hexadecimal digits, this one has {hex.Length}");
    }

    /// <summary>For handing the secret to a child process, through its environment or its standard input.</summary>
    public string ToHex() => Convert.ToHexStringLower(_key);

    internal void Sign(ReadOnlySpan<byte> message, Span<byte> mac) => HMACSHA256.HashData(_key, message, mac);

    internal bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> mac)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Sign(message, expected);
        return CryptographicOperations.FixedTimeEquals(expected, mac);
    }
}
