using System.Text.Json;
using AtomGrains.Core.Data;
using AtomGrains.Core.Options;
using AtomGrains.Core.Runs;
using AtomGrains.Local;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>
/// Asks a child process about the tensor engine: the supervisor never loads it, which keeps it small, and an engine
/// that is missing or aborts takes only the child.
/// </summary>
internal static class DescribeCommand
{
    public const string Name = "describe";

    // The launcher's setting, which says which engine there is.
    private const string LibTorch = "--libtorch";
    private const string LibTorchVariable = "ATOMGRAINS_LIBTORCH";

    /// <summary>The child's side: a question on standard input, an answer on standard output.</summary>
    public static int Run(StepLoopFactory jobs)
    {
        var question = JsonSerializer.Deserialize(Console.OpenStandardInput(), EngineJson.Default.EngineQuestion)!;
        Console.WriteLine(JsonSerializer.Serialize(Answer(jobs, question), EngineJson.Default.EngineReport));
        return 0;
    }

    /// <summary>The parent's side.</summary>
    /// <exception cref="InvalidSettingsException">There is no engine, or no such device.</exception>
    public static EngineReport Ask(RunSpec spec, string device, IReadOnlyDictionary<string, string> environment)
    {
        var info = OwnProgram.StartInfo(environment, Name);
        info.RedirectStandardInput = info.RedirectStandardOutput = info.RedirectStandardError = true;
        using var child = System.Diagnostics.Process.Start(info)!;
        var errors = child.StandardError.ReadToEndAsync();
        OwnProgram.Tell(child, new EngineQuestion(spec, device), EngineJson.Default.EngineQuestion);
        var text = child.StandardOutput.ReadToEnd();
        if (OwnProgram.AwaitExit(child) is var exitCode and not 0)
        {
            throw Refuse(device, $"the tensor engine ended its process with exit code {exitCode}: {errors.Result.Split('\n')[0]}");
        }

        var report = Parse(text, device);
        if (report.IsMissing)
        {
            throw new InvalidSettingsException(new SettingError(LibTorch, Environment.GetEnvironmentVariable(LibTorchVariable) ?? "", report.Error!));
        }

        return report.Engine is not null ? report : throw Refuse(device, report.Error ?? "the tensor engine says nothing of itself");
    }

    // Whoever loads the engine may write to standard output as well.
    private static EngineReport Parse(string text, string device)
    {
        try
        {
            return JsonSerializer.Deserialize(text, EngineJson.Default.EngineReport) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw Refuse(device, $"the tensor engine's process said what is no answer: {text.Split('\n')[0]}");
        }
    }

    private static InvalidSettingsException Refuse(string device, string reason) => new(new SettingError("--device", device, reason));

    private static EngineReport Answer(StepLoopFactory jobs, EngineQuestion question)
    {
        try
        {
            var none = new NoSamples(question.Spec.Model.Context + 1);
            using var loop = jobs.Create(question.Spec, none, none, question.Device);
            return new EngineReport(null, TensorEngine.Describe(question.Spec), loop.Layout.Elements);
        }
        catch (Exception error) when (error is ArgumentException or DllNotFoundException or TypeInitializationException or InvalidOperationException)
        {
            var cause = error.InnerException ?? error;
            return new EngineReport(cause.Message.Split('\n')[0], null, 0, IsMissing: cause is DllNotFoundException);
        }
    }

    private sealed class NoSamples(int tokens) : ISampleSource
    {
        public long Count => 0;

        public int TokensPerSample => tokens;

        public void Read(long index, Span<long> tokens) => throw new ArgumentOutOfRangeException(nameof(index));
    }
}
