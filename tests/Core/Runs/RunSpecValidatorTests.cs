using AtomGrains.Core.Parameters;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Tests.Runs;

public class RunSpecValidatorTests
{
    public static TheoryData<string, Func<RunSpec, RunSpec>> BadSpecs() => new()
    {
        { "--steps 0: must be from 1 to 1000000000", spec => spec with { Steps = 0 } },
        { "--lanes 12: must be a power of two from 1 to 4096", spec => spec with { Lanes = 12 } },
        { "--lanes 0: must be a power of two from 1 to 4096", spec => spec with { Lanes = 0 } },
        { "--lanes 8192: must be a power of two from 1 to 4096", spec => spec with { Lanes = 8192 } },
        { "--global-batch 33: must be a multiple of --lanes 16", spec => spec with { GlobalBatch = 33 } },
        { "--global-batch 0: must be from 1 to 1048576", spec => spec with { GlobalBatch = 0 } },
        { "--threads-per-worker 0: must be from 1 to 1024", spec => spec with { ThreadsPerWorker = 0 } },
        { "--block-elements 8: must be from 16 to 67108864", spec => spec with { BlockElements = 8 } },
        { "--partitions 0: must be from 1 to 4096", spec => spec with { Partitions = 0 } },
        { "--partitions 51: must be from 1 to 50: the model has 50 blocks of --block-elements 16384", spec => spec with { Partitions = 51 } },
        { "--layers 0: must be from 1 to 1024", spec => spec with { Model = spec.Model with { Layers = 0 } } },
        { "--heads 0: must be from 1 to 1024", spec => spec with { Model = spec.Model with { Heads = 0 } } },
        { "--width 130: must be a multiple of --heads 4", spec => spec with { Model = spec.Model with { Width = 130 } } },
        { "--context 0: must be from 1 to 131072", spec => spec with { Model = spec.Model with { Context = 0 } } },
        { "--dropout 1: must be at least 0 and below 1", spec => spec with { Model = spec.Model with { Dropout = 1 } } },
        { "--dropout NaN: must be at least 0 and below 1", spec => spec with { Model = spec.Model with { Dropout = double.NaN } } },
        { "--lr 0: must be above 0 and at most 100", spec => spec with { Optimizer = spec.Optimizer with { LearningRate = 0 } } },
        { "--min-lr 0.1: must be from 0 to --lr 0.001", spec => spec with { Optimizer = spec.Optimizer with { MinimumLearningRate = 0.1 } } },
        { "--min-lr NaN: must be from 0 to --lr 0.001", spec => spec with { Optimizer = spec.Optimizer with { MinimumLearningRate = double.NaN } } },
        { "--warmup -1: must be 0 or more", spec => spec with { Optimizer = spec.Optimizer with { WarmupSteps = -1 } } },
        { "--beta1 1: must be at least 0 and below 1", spec => spec with { Optimizer = spec.Optimizer with { Beta1 = 1 } } },
        { "--beta2 -0.5: must be at least 0 and below 1", spec => spec with { Optimizer = spec.Optimizer with { Beta2 = -0.5 } } },
        { "--weight-decay -1: must be from 0 to 100", spec => spec with { Optimizer = spec.Optimizer with { WeightDecay = -1 } } },
        { "--clip -1: must be 0 (off) or more", spec => spec with { Optimizer = spec.Optimizer with { Clip = -1 } } },
        { "--eval-every -1: must be 0 (only at the end) or more", spec => spec with { Evaluation = spec.Evaluation with { Every = -1 } } },
        { "--eval-batches 0: must be from 1 to 1000000", spec => spec with { Evaluation = spec.Evaluation with { Batches = 0 } } },
        { "--tokenizer bpe: must be char or byte", spec => spec with { Data = spec.Data with { Tokenizer = "bpe" } } },
        { "--data: the text has 1 distinct tokens; must be from 2 to 65536", spec => spec with { Model = spec.Model with { VocabularySize = 1 } } },
        { "--context 128: must be from 1 to 99: the training part has 100 tokens", spec => spec with { Data = spec.Data with { TrainTokens = 100, TrainSamples = 0 } } },
        { "--context 128: must be from 1 to 9: the validation part has 10 tokens", spec => spec with { Data = spec.Data with { ValidationTokens = 10, ValidationSamples = 0 } } },
        { "--data: the training part of the text has 1 tokens; must have 2 or more", spec => spec with { Data = spec.Data with { TrainTokens = 1, TrainSamples = 0 } } },
        { "--data: the validation part of the text has 0 tokens; must have 2 or more", spec => spec with { Data = spec.Data with { ValidationTokens = 0, ValidationSamples = 0 } } },
    };

    [Theory]
    [MemberData(nameof(BadSpecs))]
    public void EachBadValueIsNamedWithItsAllowedRange(string line, Func<RunSpec, RunSpec> spoil) =>
        Assert.Equal([line], RunSpecValidator.All(spoil(Specs.Valid())).Select(error => error.ToString()));

    [Fact]
    public void ASpecWithoutFaultHasNoErrors() => Assert.Empty(RunSpecValidator.All(Specs.Valid()));

    [Fact]
    public void AllErrorsAreReportedAtOnce()
    {
        var valid = Specs.Valid();
        var spec = valid with { Lanes = 3, Steps = -1, Model = valid.Model with { Width = 7, Dropout = 2 } };
        Assert.Equal(["--dropout", "--lanes", "--steps", "--width"], RunSpecValidator.All(spec).Select(error => error.Setting).Order());
    }

    [Fact]
    public void AModelTooLargeForOneFlatVectorIsRefused()
    {
        var valid = Specs.Valid();
        var spec = valid with { Model = valid.Model with { Width = 65536, Layers = 1024, Heads = 1 } };
        Assert.Equal(["--width"], RunSpecValidator.All(spec).Select(error => error.Setting));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void APartitionThatNoMessageCanCarryIsRefused(int partitions, bool fits)
    {
        var valid = Specs.Valid();
        var spec = valid with { Partitions = partitions, Model = valid.Model with { Width = 4096, Layers = 6 } };
        var elements = ModelSize.Elements(spec.Model);
        Assert.Equal(
            fits ? [] : [$"--partitions 4: must be from 5 to 4096: the model has {elements} parameters, and a partition has at most 1073741824 bytes"],
            RunSpecValidator.All(spec).Select(error => error.ToString()));
    }

    [Theory]
    [InlineData(1L << 28, 1 << 14, 1)]
    [InlineData((1L << 28) + 1, 1 << 14, 2)]
    [InlineData(1_200_000_000, 1 << 26, 5)]
    [InlineData(36 * ((1L << 25) + 1), (1 << 25) + 1, 6)]
    public void TheLeastNumberOfPartitionsIsTheFirstWhoseLargestFits(long elements, int blockElements, int least)
    {
        Assert.Equal(least, Enumerable.Range(1, 64).First(partitions => PartitionBounds.ErrorOf(Specs.Valid() with { BlockElements = blockElements, Partitions = partitions }, elements) is null));
        Assert.Equal(least, Enumerable.Range(1, 64).First(partitions => Fits(new PartitionLayout((int)elements, blockElements, partitions))));

        static bool Fits(PartitionLayout layout) => layout.Partitions.All(range => range.Elements <= PartitionBounds.MostBytes / sizeof(float));
    }

    [Theory]
    [InlineData(16, 4, 0)]
    [InlineData(16, 5, 1)]
    [InlineData(16, 16, 1)]
    [InlineData(16, 17, 2)]
    [InlineData(1, 1, 1)]
    public void FewLanesAWorkerAreWarnedOf(int lanes, int workers, int warnings) =>
        Assert.Equal(warnings, RunPlanWarnings.Of(lanes, workers).Count);

    [Fact]
    public void WorkersWithoutALaneAreCalledSpares() =>
        Assert.Equal(
            [
                "--workers 6: only 4 can have a lane of --lanes 4; the other 2 are spares",
                "--lanes 4: fewer than 4 lanes a worker, so the loss of one of 4 costs more than its share; --lanes 32 would do",
            ],
            RunPlanWarnings.Of(4, 6));

    [Fact]
    public void TheSmallestLaneCountThatSilencesTheWarningIsNamed() =>
        Assert.EndsWith("--lanes 32 would do", Assert.Single(RunPlanWarnings.Of(16, 5)));
}
