using System.Security.Cryptography;
using System.Text;
using AtomGrains.Node.Transport;

namespace AtomGrains.Silo.Standing;

/// <summary>
/// The 32 bytes that the silos of a cluster share. No connection uses them: each run has a secret of its own that follows
/// from them and its id, so that what one run's processes hold opens no other run. Has no readable <c>ToString</c>.
/// </summary>
internal sealed class ClusterSecret
{
    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("atomgrains run secret v1\0");

    private static readonly byte[] CheckPurpose = Encoding.ASCII.GetBytes("atomgrains cluster check v1\0");

    private readonly byte[] _key;

    private ClusterSecret(byte[] key) => _key = key;

    /// <summary>Null unless the text is 64 hexadecimal digits, with white space around them at most.</summary>
    public static ClusterSecret? Parse(string text)
    {
        var digits = text.Trim();
        return digits.Length == 2 * RunSecret.SizeBytes && digits.All(char.IsAsciiHexDigit) ? new ClusterSecret(Convert.FromHexString(digits)) : null;
    }

    /// <summary>By which silos see that they have the same one, 64 hexadecimal digits: neither it nor any run's follows from them.</summary>
    public string Check => Convert.ToHexStringLower(HMACSHA256.HashData(_key, CheckPurpose));

    /// <summary>The secret of a run: the same on every silo of the cluster.</summary>
    public RunSecret OfRun(string runId) =>
        RunSecret.FromHex(Convert.ToHexStringLower(HMACSHA256.HashData(_key, Purpose.Concat(Encoding.UTF8.GetBytes(runId)).ToArray())));
}
