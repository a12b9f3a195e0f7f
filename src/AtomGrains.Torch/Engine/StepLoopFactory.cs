using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Jobs;

namespace AtomGrains.Torch.Engine;

/// <summary>The jobs a host knows, by name; our own <see cref="GptJob"/> is always among them.</summary>
public sealed class StepLoopFactory
{
    private readonly Dictionary<string, TrainingJob> _jobs;

    /// <exception cref="ArgumentException">Two jobs have one name.</exception>
    public StepLoopFactory(params IEnumerable<TrainingJob> jobs) =>
        _jobs = jobs.Prepend(new GptJob()).ToDictionary(job => job.Name);

    /// <exception cref="ArgumentException">No job has that name.</exception>
    public TrainingJob Find(string name) =>
        _jobs.TryGetValue(name, out var job)
            ? job
            : throw new ArgumentException($"job '{name}' is unknown; there are {string.Join(", ", _jobs.Keys.Order())}");

    /// <summary>A replica for <paramref name="spec"/>; the caller disposes it, and calls it from one thread.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda:N</c>.</param>
    /// <exception cref="ArgumentException">No such job or device, or the samples do not fit the model.</exception>
    public StepLoop Create(RunSpec spec, ISampleSource train, ISampleSource validation, string device) =>
        new(Find(spec.Job), spec, train, validation, device);
}
