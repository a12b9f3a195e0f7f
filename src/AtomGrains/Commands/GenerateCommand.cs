using System.Buffers;
using System.Globalization;
using System.Text;
using AtomGrains.Core.Data;
using AtomGrains.Local;
using AtomGrains.Node.Storage;
using AtomGrains.Torch.Engine;

namespace AtomGrains.Commands;

/// <summary>Continues a prompt with a finished run's weights, in a process of its own, as with everything that loads the engine.</summary>
internal static class GenerateCommand
{
    public const string Name = "generate";

    private const double Temperature = 0.8;
    private const int Likeliest = 40;

    /// <summary>The child's side: <c>generate FOLDER PROMPT COUNT</c>.</summary>
    public static int Run(string[] arguments, StepLoopFactory jobs)
    {
        var (folder, prompt, count) = (arguments[1], arguments[2], int.Parse(arguments[3], CultureInfo.InvariantCulture));
        var spec = RunRecord.Read(folder)?.Spec ?? throw new InvalidDataException($"{folder} holds no run");
        var tokenizer = TokenizerFile.Read(folder);
        using var training = TokenFileSource.OpenTraining(folder, spec);
        using var loop = jobs.Create(spec, training, training, "cpu");
        loop.LoadParameters(ReadWeights(folder, loop, jobs.Find(spec.Job).ExportName));
        var tokens = new ArrayBufferWriter<ushort>();
        tokenizer.Encode(prompt.EnumerateRunes().ToArray(), tokens);
        var start = tokens.WrittenSpan.ToArray().Select(token => (long)token).ToArray();
        var generated = loop.Generate(start, count, Temperature, Likeliest, spec.Seed);
        Console.Write(prompt + tokenizer.Decode([.. generated.Select(token => (int)token)]));
        return 0;
    }

    /// <summary>The parent's side.</summary>
    public static string Ask(string folder, string prompt, int count, IReadOnlyDictionary<string, string> environment)
    {
        var info = OwnProgram.StartInfo(environment, Name, folder, prompt, count.ToString(CultureInfo.InvariantCulture));
        info.RedirectStandardOutput = true;
        info.StandardOutputEncoding = Encoding.UTF8;
        using var child = System.Diagnostics.Process.Start(info)!;
        var text = child.StandardOutput.ReadToEnd();
        return OwnProgram.AwaitExit(child) is var exitCode and not 0 ? throw new IOException($"generating text ended with exit code {exitCode}") : text;
    }

    private static float[] ReadWeights(string folder, StepLoop loop, Func<string, string> exportName)
    {
        using var file = File.OpenRead(Path.Combine(folder, RunFolder.WeightsFileName));
        var tensors = SafeTensorsReader.Read(file).Tensors.ToDictionary(tensor => tensor.Name);
        var flat = new float[loop.Layout.Elements];
        foreach (var entry in loop.Layout.Entries)
        {
            tensors[exportName(entry.Name)].Values.CopyTo(flat.AsSpan(entry.ElementOffset, entry.Elements));
        }

        return flat;
    }
}
