using System.Text.Json;

namespace AtomGrains.Bench.Figures;

/// <summary>What <c>--out</c> writes.</summary>
internal sealed record BenchResult
{
    private static readonly JsonSerializerOptions Form = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public required string Command { get; init; }

    public required string Machine { get; init; }

    public DateTimeOffset Measured { get; } = DateTimeOffset.UtcNow;

    public required IReadOnlyList<Figure> Figures { get; init; }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Form));
}
