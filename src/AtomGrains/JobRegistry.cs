using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Jobs;

namespace AtomGrains;

/// <summary>The training jobs that a program brings; our own GPT is always there, as <c>gpt</c>.</summary>
public sealed class JobRegistry
{
    private readonly List<TrainingJob> _jobs = [];

    public void Add<T>()
        where T : TrainingJob, new() => _jobs.Add(new T());

    internal StepLoopFactory CreateFactory() => new(_jobs);
}
