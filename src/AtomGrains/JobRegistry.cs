using System.Security.Cryptography;
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

    /// <summary>SHA-256 of the assembly that a job comes from: who computes with another one computes something else.</summary>
    internal string ProgramHash(string job) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(CreateFactory().Find(job).GetType().Assembly.Location)));
}
