using System.Diagnostics;
using AtomGrains.Bench.Throughput;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Bench.Turns;

/// <summary>Two bare loops, each over its half of a run's lanes, that know nothing of each other.</summary>
internal sealed class BareContender : Contender
{
    private readonly List<Half> _halves;
    private readonly double _tokensOfHalf;

    /// <param name="folder">Of a run, whose spec and data they take.</param>
    /// <param name="tokensPerStep">Of both together.</param>
    public BareContender(string folder, double tokensPerStep)
    {
        _tokensOfHalf = tokensPerStep / 2;
        _halves = [.. Enumerable.Range(0, 2).Select(half => new Half(folder, half))];
    }

    protected override IReadOnlyList<int> Processes => [.. _halves.Select(half => half.Process.Id)];

    protected override IReadOnlyList<(IReadOnlyList<long> Steps, double TokensPerStep)> Tracks => [.. _halves.Select(half => (half.Steps, _tokensOfHalf))];

    public override void Dispose()
    {
        foreach (var half in _halves)
        {
            half.Process.Kill();
            half.Process.WaitForExit();
            half.Process.Dispose();
        }
    }

    private sealed class Half
    {
        private readonly List<long> _steps = [];

        public Half(string folder, int half)
        {
            var info = new ProcessStartInfo(Environment.ProcessPath!, [BareLoop.Command, folder, $"{half}"]) { RedirectStandardOutput = true };
            foreach (var (name, value) in WorkerEnvironment.Variables(threads: 1))
            {
                info.Environment[name] = value;
            }

            Process = Process.Start(info)!;
            Process.OutputDataReceived += (_, line) => Take(line.Data);
            Process.BeginOutputReadLine();
        }

        public Process Process { get; }

        public IReadOnlyList<long> Steps
        {
            get
            {
                lock (_steps)
                {
                    return [.. _steps];
                }
            }
        }

        private void Take(string? line)
        {
            if (line is not null)
            {
                lock (_steps)
                {
                    _steps.Add(Stopwatch.GetTimestamp());
                }
            }
        }
    }
}
