using System.Reflection;
using System.Security.Cryptography;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Torch.Engine;
using AtomGrains.Torch.Jobs;

namespace AtomGrains;

/// <summary>The training jobs that a program brings; our own GPT is always there, as <c>gpt</c>.</summary>
public sealed class JobRegistry
{
    private readonly List<TrainingJob> _jobs = [];

    public void Add<T>()
        where T : TrainingJob, new() => _jobs.Add(new T());

    /// <summary>The program's own jobs in their order, and ours.</summary>
    internal IReadOnlyList<string> Names => [.. _jobs.Select(job => job.Name), RunSpec.OwnJob];

    /// <summary>The job that was asked for; when none was, the program's first one, else our own.</summary>
    /// <exception cref="InvalidSettingsException">The program has no job of that name.</exception>
    internal string Choose(string? name) => name is null || Names.Contains(name)
        ? name ?? Names[0]
        : throw new InvalidSettingsException(new SettingError(Settings.Job.Flag, name, $"must be a job of this program: {string.Join(", ", Names)}"));

    internal StepLoopFactory CreateFactory() => new(_jobs);

    /// <summary>SHA-256 of the assembly that a job comes from: who computes with another one computes something else.</summary>
    internal string ProgramHash(string job) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(FileOf(CreateFactory().Find(job).GetType().Assembly))));

    // Of a program that was published as one file, that file is all there is.
    private static string FileOf(Assembly assembly) => assembly.Location is { Length: > 0 } file ? file : Environment.ProcessPath!;
}
