using System.Globalization;
using System.Numerics;
using AtomGrains.Core.Options;

namespace AtomGrains.Core.Runs;

/// <summary>
/// Says everything that is wrong with a spec at once, each error naming the setting, its value and what is
/// allowed. Bounds that no mathematics asks for are there to turn a slip of the finger into a line instead of
/// an exhausted machine.
/// </summary>
public static class RunSpecValidator
{
    public const int MostLanes = 4096;
    public const int LargestVocabulary = ushort.MaxValue + 1;

    /// <summary>A token and the one that follows it: less trains nothing.</summary>
    private const int LeastTokens = 2;

    private static readonly Dictionary<string, (long Least, long Most)> Ranges = new()
    {
        ["--steps"] = (1, 1_000_000_000),
        ["--global-batch"] = (1, 1 << 20),
        ["--threads-per-worker"] = (1, 1024),
        ["--block-elements"] = (16, 1 << 26),
        ["--partitions"] = (1, PartitionBounds.Most),
        ["--layers"] = (1, 1024),
        ["--heads"] = (1, 1024),
        ["--width"] = (1, 1 << 16),
        ["--context"] = (1, 1 << 17),
        ["--eval-batches"] = (1, 1_000_000),
    };

    private static readonly Dictionary<string, string> Words = new()
    {
        ["--lanes"] = $"a power of two from 1 to {MostLanes}",
        ["--dropout"] = "at least 0 and below 1",
        ["--lr"] = "above 0 and at most 100",
        ["--min-lr"] = "from 0 to --lr",
        ["--warmup"] = "0 or more",
        ["--beta1"] = "at least 0 and below 1",
        ["--beta2"] = "at least 0 and below 1",
        ["--weight-decay"] = "from 0 to 100",
        ["--clip"] = "0 (off) or more",
        ["--eval-every"] = "0 (only at the end) or more",
        ["--tokenizer"] = "char or byte",
    };

    /// <summary>What a setting may be, whatever the others are: for a value that could not even be read as well.</summary>
    public static string Allowed(string setting) =>
        Ranges.TryGetValue(setting, out var range) ? $"from {range.Least} to {range.Most}" : Words[setting];

    /// <summary>Errors of the spec without its data: what can be said before a text is read.</summary>
    public static IReadOnlyList<SettingError> BeforeData(RunSpec spec)
    {
        var check = new Checks();
        CheckBatch(spec, check);
        CheckModel(spec.Model, check);
        CheckOptimizer(spec.Optimizer, check);
        check.That(spec.Evaluation.Every >= 0, "--eval-every", spec.Evaluation.Every);
        check.Range("--eval-batches", spec.Evaluation.Batches);
        check.That(spec.Data.Tokenizer is "char" or "byte", "--tokenizer", spec.Data.Tokenizer, $"must be {Allowed("--tokenizer")}");
        return check.Errors;
    }

    /// <summary>Errors of the whole spec, with the data that <see cref="RunSpec.Data"/> describes.</summary>
    public static IReadOnlyList<SettingError> All(RunSpec spec)
    {
        var check = new Checks(BeforeData(spec));
        check.That(
            spec.Model.VocabularySize is >= 2 and <= LargestVocabulary, "--data", "",
            $"the text has {spec.Model.VocabularySize} distinct tokens; must be from 2 to {LargestVocabulary}");
        CheckPart("training", spec.Data.TrainTokens, spec.Data.TrainSamples);
        CheckPart("validation", spec.Data.ValidationTokens, spec.Data.ValidationSamples);
        if (check.Errors.Count == 0)
        {
            CheckSize(spec, check);
        }

        return check.Errors;

        // A text that no context fits is what has to change, and not the context.
        void CheckPart(string part, long tokens, long samples)
        {
            check.That(tokens >= LeastTokens, "--data", "", $"the {part} part of the text has {tokens} tokens; must have {LeastTokens} or more");
            check.That(tokens < LeastTokens || samples >= 1, "--context", spec.Model.Context, $"must be from 1 to {tokens - 1}: the {part} part has {tokens} tokens");
        }
    }

    private static void CheckBatch(RunSpec spec, Checks check)
    {
        check.Range("--steps", spec.Steps);
        check.Range("--global-batch", spec.GlobalBatch);
        var lanesFit = spec.Lanes is >= 1 and <= MostLanes && BitOperations.IsPow2(spec.Lanes);
        check.That(lanesFit, "--lanes", spec.Lanes);
        check.That(
            !lanesFit || spec.GlobalBatch % spec.Lanes == 0, "--global-batch", spec.GlobalBatch,
            $"must be a multiple of --lanes {spec.Lanes}");
        check.Range("--threads-per-worker", spec.ThreadsPerWorker);
        check.Range("--block-elements", spec.BlockElements);
        check.Range("--partitions", spec.Partitions);
    }

    private static void CheckModel(ModelSpec model, Checks check)
    {
        check.Range("--layers", model.Layers);
        check.Range("--heads", model.Heads);
        check.Range("--width", model.Width);
        check.That(
            model.Heads < 1 || model.Width % model.Heads == 0, "--width", model.Width,
            $"must be a multiple of --heads {model.Heads}");
        check.Range("--context", model.Context);
        check.That(model.Dropout is >= 0 and < 1, "--dropout", model.Dropout);
    }

    private static void CheckOptimizer(OptimizerSpec optimizer, Checks check)
    {
        var rateFits = optimizer.LearningRate is > 0 and <= 100;
        check.That(rateFits, "--lr", optimizer.LearningRate);
        check.That(
            !rateFits || (optimizer.MinimumLearningRate >= 0 && optimizer.MinimumLearningRate <= optimizer.LearningRate),
            "--min-lr",
            optimizer.MinimumLearningRate,
            $"must be from 0 to --lr {Checks.Text(optimizer.LearningRate)}");
        check.That(optimizer.WarmupSteps >= 0, "--warmup", optimizer.WarmupSteps);
        check.That(optimizer.Beta1 is >= 0 and < 1, "--beta1", optimizer.Beta1);
        check.That(optimizer.Beta2 is >= 0 and < 1, "--beta2", optimizer.Beta2);
        check.That(optimizer.WeightDecay is >= 0 and <= 100, "--weight-decay", optimizer.WeightDecay);
        check.That(optimizer.Clip >= 0 && double.IsFinite(optimizer.Clip), "--clip", optimizer.Clip);
    }

    private static void CheckSize(RunSpec spec, Checks check)
    {
        if (spec.Job != RunSpec.OwnJob)
        {
            // A model of a user's own has the size that its parameters add up to, not what these fields do.
            return;
        }

        var elements = ModelSize.Elements(spec.Model);
        check.That(elements <= Array.MaxLength, "--width", spec.Model.Width,
            $"the model would have {elements} parameters; must be at most {Array.MaxLength}");
        if (elements <= Array.MaxLength && PartitionBounds.ErrorOf(spec, elements) is { } error)
        {
            check.Errors.Add(error);
        }
    }

    private sealed class Checks(IEnumerable<SettingError>? earlier = null)
    {
        public List<SettingError> Errors { get; } = [.. earlier ?? []];

        public static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

        public void Range(string setting, long value) =>
            That(value >= Ranges[setting].Least && value <= Ranges[setting].Most, setting, value);

        public void That(bool holds, string setting, IFormattable value) => That(holds, setting, value, $"must be {Allowed(setting)}");

        public void That(bool holds, string setting, IFormattable value, string allowed) =>
            That(holds, setting, Text(value), allowed);

        public void That(bool holds, string setting, string value, string allowed)
        {
            if (!holds)
            {
                Errors.Add(new SettingError(setting, value, allowed));
            }
        }
    }
}
