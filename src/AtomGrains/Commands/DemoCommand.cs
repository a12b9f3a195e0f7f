using AtomGrains.Commands.Options;

namespace AtomGrains.Commands;

/// <summary>Placeholder until written below.</summary>
internal sealed class DemoCommand(TrainCommand train, TextWriter output)
{
    public Task<int> RunAsync(TrainOptions options, CancellationToken cancellation) => train.RunAsync(options, cancellation);

    public TextWriter Output => output;
}
