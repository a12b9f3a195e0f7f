using System.Security.Cryptography;
using System.Text;

namespace AtomGrains.Cluster.Tests.Support;

/// <summary>Bytes that nothing but their own file may hold, and how they would look where something else does.</summary>
internal sealed class Secret
{
    private readonly List<byte[]> _looks = [];

    /// <param name="name">For messages.</param>
    public Secret(string name, ReadOnlySpan<byte> bytes)
    {
        Name = name;
        _looks.Add(bytes.ToArray());
        _looks.Add(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        _looks.Add(Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));

        // Base64 of text around it differs at its ends, and by what comes before it.
        for (var before = 0; before < 3; before++)
        {
            var base64 = Convert.ToBase64String([.. new byte[before], .. bytes]).TrimEnd('=');
            var middle = base64[(before == 0 ? 0 : 4)..^2];
            _looks.Add(Encoding.ASCII.GetBytes(middle));
            _looks.Add(Encoding.ASCII.GetBytes(middle.Replace('+', '-').Replace('/', '_')));
        }
    }

    public string Name { get; }

    /// <summary>The number that is the private key of a PEM file, which each way to write the key down contains.</summary>
    public static Secret OfKey(string pemFile)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(pemFile));
        return new Secret(Path.GetFileName(pemFile), key.ExportParameters(includePrivateParameters: true).D);
    }

    public bool IsIn(ReadOnlySpan<byte> content)
    {
        foreach (var look in _looks)
        {
            if (content.IndexOf(look) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
