using System.Globalization;

namespace AtomGrains.Deployment.Tests.Rules;

/// <summary>Kubernetes' way of writing bytes: 256Mi, 4Gi.</summary>
internal static class Quantity
{
    /// <exception cref="FormatException">It has another unit.</exception>
    public static long Bytes(string text)
    {
        var shift = text.Length > 2 ? text[^2..] switch { "Ki" => 10, "Mi" => 20, "Gi" => 30, _ => throw new FormatException($"{text}: not in Ki, Mi or Gi") } : 0;
        return long.Parse(text[..^2], CultureInfo.InvariantCulture) << shift;
    }
}
