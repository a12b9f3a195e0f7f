using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Runs;

public class RunSpecIdentityTests
{
    [Fact]
    public void TheOrderOfPropertiesInAFileDoesNotMatter()
    {
        var spec = Specs.Valid() with { Seed = ulong.MaxValue };
        var json = JsonNode.Parse(JsonSerializer.Serialize(spec, RunSpecJson.Default.RunSpec))!.AsObject();
        var reversed = new JsonObject(json.Reverse().Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        var read = JsonSerializer.Deserialize(reversed.ToJsonString(), RunSpecJson.Default.RunSpec)!;
        Assert.Equal(spec, read);
        Assert.Equal(RunSpecIdentity.Hash(spec), RunSpecIdentity.Hash(read));
    }

    [Fact]
    public void CultureDoesNotMatter()
    {
        var expected = RunSpecIdentity.Canonical(Specs.Valid());
        var before = CultureInfo.CurrentCulture;
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "~";
        try
        {
            CultureInfo.CurrentCulture = culture;
            Assert.Equal(expected, RunSpecIdentity.Canonical(Specs.Valid()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void EveryFieldChangesTheHash()
    {
        var spec = Specs.Valid();
        var changed = new[]
        {
            spec with { Job = "x" }, spec with { Seed = 1 }, spec with { Steps = 1 }, spec with { Lanes = 1 }, spec with { GlobalBatch = 1 },
            spec with { ThreadsPerWorker = 2 }, spec with { Partitions = 1 }, spec with { BlockElements = 1 }, spec with { DeviceKind = "cuda" },
            spec with { Model = spec.Model with { Bias = true } }, spec with { Optimizer = spec.Optimizer with { Beta1 = 0.91 } },
            spec with { Data = spec.Data with { Hash = "00" } }, spec with { Evaluation = spec.Evaluation with { Every = 1 } },
        };
        Assert.Equal(changed.Length + 1, changed.Append(spec).Select(RunSpecIdentity.Hash).Distinct().Count());
        Assert.All(changed, other => Assert.Single(RunSpecIdentity.Differences(spec, other)));
    }

    [Fact]
    public void DifferencesNameTheFieldAndBothValues()
    {
        var spec = Specs.Valid();
        var other = spec with { Model = spec.Model with { Width = 64 } };
        Assert.Equal([("model.width", "128", "64")], RunSpecIdentity.Differences(spec, other));
    }

    [Fact]
    public void UnknownFieldsInAStoredSpecAreRefused() => Assert.Throws<JsonException>(() =>
        JsonSerializer.Deserialize(
            JsonSerializer.Serialize(Specs.Valid(), RunSpecJson.Default.RunSpec).Replace("\"job\"", "\"jobb\"", StringComparison.Ordinal),
            RunSpecJson.Default.RunSpec));
}
