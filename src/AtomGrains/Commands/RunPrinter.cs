using System.Diagnostics;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Local;
using AtomGrains.Node.Storage;

namespace AtomGrains.Commands;

/// <summary>Shows a run as lines of text: every fault, and the progress every few seconds.</summary>
internal sealed class RunPrinter(TextWriter output, long steps, bool quiet) : IRunObserver
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    private long _last;

    public void OnStep(Decision decision, Generation generation, int workers, double tokensPerSecond)
    {
        if (_last != 0 && Stopwatch.GetElapsedTime(_last) < Between && decision.Step + 1 < steps)
        {
            return;
        }

        _last = Stopwatch.GetTimestamp();
        Write(FormattableString.Invariant($"step {decision.Step + 1,6} of {steps}  loss {decision.Loss:F4}  {tokensPerSecond,9:N0} tokens/s  {workers} workers  generation {generation.Value}"));
    }

    public void OnEvaluated(long version, double loss) => Write(FormattableString.Invariant($"validation loss after {version} steps: {loss:F4}"));

    public void OnNote(string text) => Write("  * " + text);

    public void OnFault(FaultLine line) =>
        Write(FormattableString.Invariant($"  * recovered from {line.Kind} of {line.Who} at step {line.Step}: noticed in {line.Seconds.Detect:F2} s, going on after {line.Seconds.Fence + line.Seconds.Reassign + line.Seconds.Replay:F2} s more"));

    private void Write(string text)
    {
        if (!quiet)
        {
            output.WriteLine(text);
        }
    }
}
