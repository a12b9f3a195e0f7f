using System.Diagnostics;
using AtomGrains.Chaos.Plans;
using AtomGrains.Commands.Options;

namespace AtomGrains.Chaos.Machine;

/// <summary>What plans run on: the program, a folder for all of them, a text, an Azurite when one is needed, and what cannot be done here.</summary>
internal sealed class ChaosMachine : IDisposable
{
    private readonly Func<IEnumerable<string>, ProcessStartInfo> _program;
    private readonly Lazy<Azurite> _azurite;

    /// <param name="folder">Made if it is absent.</param>
    /// <param name="program">How the program is started with arguments.</param>
    public ChaosMachine(string folder, Func<IEnumerable<string>, ProcessStartInfo> program)
    {
        _program = program;
        Folder = Directory.CreateDirectory(folder).FullName;
        Text = Path.Combine(Folder, "text.txt");
        ChaosText.Write(Text);
        _azurite = new Lazy<Azurite>(() => new Azurite(Path.Combine(Folder, "azurite")));
    }

    public string Folder { get; }

    /// <summary>The file that every run trains on.</summary>
    public string Text { get; }

    /// <summary>Started when it is asked for first.</summary>
    /// <exception cref="IOException">It does not start.</exception>
    public Azurite Azurite => _azurite.Value;

    /// <summary>Why a kind cannot be injected into runs of a host on this machine, in words; null when it can.</summary>
    public static string? Missing(ChaosKind kind, string host) => kind switch
    {
        ChaosKind.Coordinator when host != TrainOptions.OrleansHost => $"needs {Settings.Host.Flag} {TrainOptions.OrleansHost}: the coordinator dies with the {ChaosKinds.NameOf(ChaosKind.Supervisor)} here",
        ChaosKind.AzureDown or ChaosKind.StoreSlow when Azurite.Main is null => $"needs Azurite and node, which npm did not bring ({Azurite.Variable} names none)",
        ChaosKind.DiskFull when !SmallDisk.IsAllowed => "needs root: a small disk of its own is mounted and filled",
        _ => null,
    };

    /// <summary>The program as a user would start it, but for settings of the environment, which would change the plan.</summary>
    public ProcessStartInfo Program(ProcessMark mark, IEnumerable<string> arguments)
    {
        var info = _program(arguments);
        info.RedirectStandardOutput = info.RedirectStandardError = true;
        foreach (var setting in Settings.All)
        {
            info.Environment.Remove(setting.Variable);
        }

        info.Environment["DOTNET_TieredCompilation"] = "1"; // these runs are over before full compilation pays
        mark.PutOn(info);
        return info;
    }

    public void Dispose()
    {
        if (_azurite.IsValueCreated)
        {
            _azurite.Value.Dispose();
        }
    }
}
