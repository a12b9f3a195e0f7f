using System.Diagnostics;
using AtomGrains.Bench.Figures;
using AtomGrains.Core.Protocol;
using AtomGrains.Simulator;

namespace AtomGrains.Bench.Parts;

/// <summary>Events a second of the simulator, invariants checked after each, on one thread.</summary>
internal static class SimulatorBench
{
    public static IReadOnlyList<Figure> Measure(BenchOptions options)
    {
        var rates = new List<double>();
        var violations = 0;
        for (var batch = 0; batch < 5; batch++)
        {
            var events = 0L;
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < options.Count(60, 15); i++)
            {
                var result = new Simulation(new SimulationOptions { Seed = (ulong)((batch * 1000) + i + 1), FaultEveryMilliseconds = 100 }, ProtocolRules.Safe).Run();
                events += result.Events;
                violations += result.Violation is null ? 0 : 1;
            }

            rates.Add(events / Stopwatch.GetElapsedTime(began).TotalSeconds);
        }

        return [new Figure("simulator, 4 workers with faults", "events/s", rates), new Figure("violations", "runs", [violations]) { AtMost = 0 }];
    }
}
