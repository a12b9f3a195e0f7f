using System.Runtime.InteropServices;
using System.Text.Json;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>What a run begins with, or goes on with.</summary>
/// <param name="Elements">Length of the flat parameter vector.</param>
/// <param name="Corpus">Null for a run that has its text already.</param>
/// <param name="Predecessor">What the run's last supervisor left; null when there is none, or it ended in order.</param>
/// <param name="NodesLive">Nodes of the run live, and go on.</param>
internal sealed record RunStart(RunRecord Record, int Elements, TokenizedCorpus? Corpus, SupervisorPost? Predecessor, bool NodesLive)
{
    /// <exception cref="InvalidSettingsException">Something that was asked for cannot be.</exception>
    public static RunStart Of(TrainOptions options, JobRegistry jobs)
    {
        var existing = InFolder(options.Out, RunRecord.Read);
        if (options.Resume && existing is null)
        {
            throw new InvalidSettingsException(new SettingError(Settings.Out.Flag, options.Out, $"holds no run to resume (no {RunRecord.FileName})"));
        }

        // With the text at hand it is compared; without it, the folder's own is what the run goes on with.
        var corpus = options.Resume && options.Data is null ? null : options.Tokenize();
        var job = options.Resume && options.Job is null ? existing!.Spec.Job : jobs.Choose(options.Job);
        var spec = corpus is not null ? options.SpecFor(corpus, job) : options.SpecLike(existing!.Spec, job);
        var predecessor = existing is null ? null : InFolder(options.Out, SupervisorPost.Read);
        if (predecessor is not null && existing!.Elements is { } elements && options.Host == TrainOptions.LocalHost && InFolder(options.Out, Inheritance.IsAlive))
        {
            if (spec.Partitions != existing.Spec.Partitions && options.PartitionsGiven)
            {
                throw new InvalidSettingsException(new SettingError(
                    Settings.Partitions.Flag, $"{spec.Partitions}", $"must be {existing.Spec.Partitions} while nodes of the run live: it changes only where a run goes on from a checkpoint"));
            }

            if (InFolder(options.Out, Inheritance.AuditShareOf) is { } share && share != options.AuditLanes)
            {
                throw new InvalidSettingsException(new SettingError(
                    Settings.AuditLanes.Flag, FormattableString.Invariant($"{options.AuditLanes}"),
                    FormattableString.Invariant($"must be {share} while nodes of the run live: it changes only where a run goes on from a checkpoint")));
            }

            // What lives computes as it did: nothing has to be asked of an engine, which takes seconds.
            // Who is started from now on is of this build, though.
            return new RunStart(existing with { Spec = options.Fitted(spec, elements), Program = jobs.ProgramHash(job) }, elements, corpus, predecessor, true);
        }

        var engine = DescribeCommand.Ask(spec, options.Devices[0], WorkerEnvironment.Variables(spec.ThreadsPerWorker));
        return new RunStart(RecordOf(options.Fitted(spec, engine.Elements), engine, jobs.ProgramHash(job)), engine.Elements, corpus, predecessor, false);
    }

    // Another user's run, or a broken file of one.
    private static T InFolder<T>(string folder, Func<string, T> read)
    {
        try
        {
            return read(folder);
        }
        catch (Exception error) when (error is InvalidDataException or JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingsException(new SettingError(Settings.Out.Flag, folder, $"holds something else: {error.Message}"));
        }
    }

    private static RunRecord RecordOf(RunSpec spec, EngineReport engine, string program)
    {
        var record = RunRecord.Of(
            spec,
            BitsClass.Of(engine.Engine!),
            new Dictionary<string, string>
            {
                ["atomgrains"] = typeof(RunStart).Assembly.GetName().Version?.ToString(3) ?? "unknown",
                ["dotnet"] = Environment.Version.ToString(),
                ["libtorch"] = engine.Engine!.LibTorch,
                ["tensor_engine"] = engine.Engine.Binding,
                ["blas"] = engine.Engine.Blas,
                ["system"] = RuntimeInformation.OSDescription,
            },
            DateTimeOffset.UtcNow);
        return record with { Elements = engine.Elements, Program = program };
    }
}
