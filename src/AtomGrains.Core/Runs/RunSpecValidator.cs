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
    private const int LargestBatch = 1 << 20;
    private const int LargestContext = 1 << 17;
    private const int LargestWidth = 1 << 16;

    /// <summary>Errors of the spec without its data: what can be said before a text is read.</summary>
    public static IReadOnlyList<SettingError> BeforeData(RunSpec spec)
    {
        var check = new Checks();
        CheckBatch(spec, check);
        CheckModel(spec.Model, check);
        CheckOptimizer(spec.Optimizer, check);
        check.That(spec.Evaluation.Every >= 0, "--eval-every", spec.Evaluation.Every,
            "must be 0 (only at the end) or more");
        check.Range("--eval-batches", spec.Evaluation.Batches, 1, 1_000_000);
        check.That(spec.Data.Tokenizer is "char" or "byte", "--tokenizer", spec.Data.Tokenizer, "must be char or byte");
        return check.Errors;
    }

    /// <summary>Errors of the whole spec, with the data that <see cref="RunSpec.Data"/> describes.</summary>
    public static IReadOnlyList<SettingError> All(RunSpec spec)
    {
        var check = new Checks(BeforeData(spec));
        check.That(
            spec.Model.VocabularySize is >= 2 and <= LargestVocabulary, "--data", "",
            $"the text has {spec.Model.VocabularySize} distinct tokens; must be from 2 to {LargestVocabulary}");
        check.That(
            spec.Data.TrainSamples >= 1, "--context", spec.Model.Context,
            $"must be from 1 to {Math.Max(spec.Data.TrainTokens - 1, 0)}: the training part has {spec.Data.TrainTokens} tokens");
        check.That(
            spec.Data.ValidationSamples >= 1, "--context", spec.Model.Context,
            $"must be from 1 to {Math.Max(spec.Data.ValidationTokens - 1, 0)}: the validation part has {spec.Data.ValidationTokens} tokens");
        if (check.Errors.Count == 0)
        {
            CheckSize(spec, check);
        }

        return check.Errors;
    }

    private static void CheckBatch(RunSpec spec, Checks check)
    {
        check.Range("--steps", spec.Steps, 1, 1_000_000_000);
        check.Range("--global-batch", spec.GlobalBatch, 1, LargestBatch);
        var lanesFit = spec.Lanes is >= 1 and <= MostLanes && BitOperations.IsPow2(spec.Lanes);
        check.That(lanesFit, "--lanes", spec.Lanes, $"must be a power of two from 1 to {MostLanes}");
        check.That(
            !lanesFit || spec.GlobalBatch % spec.Lanes == 0, "--global-batch", spec.GlobalBatch,
            $"must be a multiple of --lanes {spec.Lanes}");
        check.Range("--threads-per-worker", spec.ThreadsPerWorker, 1, 1024);
        check.Range("--block-elements", spec.BlockElements, 16, 1 << 26);
        check.Range("--partitions", spec.Partitions, 1, PartitionBounds.Most);
    }

    private static void CheckModel(ModelSpec model, Checks check)
    {
        check.Range("--layers", model.Layers, 1, 1024);
        check.Range("--heads", model.Heads, 1, 1024);
        check.Range("--width", model.Width, 1, LargestWidth);
        check.That(
            model.Heads < 1 || model.Width % model.Heads == 0, "--width", model.Width,
            $"must be a multiple of --heads {model.Heads}");
        check.Range("--context", model.Context, 1, LargestContext);
        check.That(model.Dropout is >= 0 and < 1, "--dropout", model.Dropout, "must be at least 0 and below 1");
    }

    private static void CheckOptimizer(OptimizerSpec optimizer, Checks check)
    {
        var rateFits = optimizer.LearningRate is > 0 and <= 100;
        check.That(rateFits, "--lr", optimizer.LearningRate, "must be above 0 and at most 100");
        check.That(
            !rateFits || (optimizer.MinimumLearningRate >= 0 && optimizer.MinimumLearningRate <= optimizer.LearningRate),
            "--min-lr",
            optimizer.MinimumLearningRate,
            $"must be from 0 to --lr {Checks.Text(optimizer.LearningRate)}");
        check.That(optimizer.WarmupSteps >= 0, "--warmup", optimizer.WarmupSteps, "must be 0 or more");
        check.That(optimizer.Beta1 is >= 0 and < 1, "--beta1", optimizer.Beta1, "must be at least 0 and below 1");
        check.That(optimizer.Beta2 is >= 0 and < 1, "--beta2", optimizer.Beta2, "must be at least 0 and below 1");
        check.That(optimizer.WeightDecay is >= 0 and <= 100, "--weight-decay", optimizer.WeightDecay,
            "must be from 0 to 100");
        check.That(optimizer.Clip >= 0 && double.IsFinite(optimizer.Clip), "--clip", optimizer.Clip,
            "must be 0 (off) or more");
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

        public void Range(string setting, long value, long least, long most) =>
            That(value >= least && value <= most, setting, value, $"must be from {least} to {most}");

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
