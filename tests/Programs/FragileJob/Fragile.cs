using System.Globalization;
using System.Runtime.InteropServices;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Jobs;
using TorchSharp;
using static TorchSharp.torch;

namespace FragileJob;

/// <summary>
/// A job that does not get over one sample: the one in which token 0 is to be predicted. What it does then, and how often
/// at most, stands in the environment; the file counts, since whoever counted in memory is dead.
/// </summary>
public sealed partial class Fragile : TrainingJob
{
    public override string Name => "fragile";

    public override nn.Module<Tensor, Tensor> CreateModel(RunSpec spec) => new Table(spec.Model);

    public override Tensor Loss(Tensor outputs, Tensor targets_BT)
    {
        var loss = base.Loss(outputs, targets_BT);
        if (Environment.GetEnvironmentVariable("FRAGILE_END") is not { Length: > 0 } end || !MemoryMarshal.Cast<byte, long>(targets_BT.bytes).Contains(0))
        {
            return loss;
        }

        var most = int.Parse(Environment.GetEnvironmentVariable("FRAGILE_TIMES")!, CultureInfo.InvariantCulture);
        var count = Environment.GetEnvironmentVariable("FRAGILE_COUNT")!;
        if (File.Exists(count) && new FileInfo(count).Length >= most)
        {
            return loss;
        }

        File.AppendAllText(count, "x");
        switch (end)
        {
            case "segv":
                _ = Length(0); // the C library reads address 0
                return loss;
            case "abort":
                Abort();
                return loss;
            case "hang":
                Thread.Sleep(Timeout.Infinite);
                return loss;
            case "nan":
                return loss * float.NaN;
            default:
                throw new InvalidOperationException($"FRAGILE_END is {end}");
        }
    }

    [LibraryImport("libc", EntryPoint = "strlen")]
    private static partial nint Length(nint text);

    [LibraryImport("libc", EntryPoint = "abort")]
    private static partial void Abort();
}
