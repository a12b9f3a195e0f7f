using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace AtomGrains.Core.Runs;

/// <summary>
/// What makes two specs the same: their fields as sorted <c>path=value</c> lines. The order of properties in
/// code or file, white space and culture do not matter; a field added later does, since it may decide bits.
/// </summary>
public static class RunSpecIdentity
{
    /// <summary>SHA-256 of the canonical text, lower-case hex.</summary>
    public static string Hash(RunSpec spec) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(spec))));

    /// <summary>One line a field, in ordinal order of its path, such as <c>model.width=128</c>.</summary>
    public static string Canonical(RunSpec spec) =>
        string.Concat(Fields(spec).Select(field => $"{field.Key}={field.Value}\n"));

    /// <summary>
    /// Fields in which the specs differ: path, value in <paramref name="left"/>, value in <paramref name="right"/>.
    /// </summary>
    public static IReadOnlyList<(string Field, string Left, string Right)> Differences(RunSpec left, RunSpec right)
    {
        var lefts = Fields(left);
        var rights = Fields(right);
        return [.. lefts.Keys.Where(path => lefts[path] != rights[path]).Select(path => (path, lefts[path], rights[path]))];
    }

    private static SortedDictionary<string, string> Fields(RunSpec spec)
    {
        var fields = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Collect(JsonSerializer.SerializeToElement(spec, RunSpecJson.Default.RunSpec), "", fields);
        return fields;
    }

    private static void Collect(JsonElement element, string path, SortedDictionary<string, string> fields)
    {
        foreach (var property in element.EnumerateObject())
        {
            var name = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                Collect(property.Value, name, fields);
            }
            else
            {
                fields.Add(name, property.Value.GetRawText());
            }
        }
    }
}
