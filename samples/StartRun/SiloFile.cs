using AtomGrains.Clustering;
using AtomGrains.Core.Options;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace StartRun;

/// <summary>
/// The file by which a silo is set up: a client takes from it how the cluster is found. What else a silo is told is none of a
/// client's concern, and what no silo is told is a mistake.
/// </summary>
internal sealed class SiloFile
{
    private readonly Dictionary<string, string> _values = [];

    /// <summary>Whether the silo shows its certificate; null where the file leaves it to the silo.</summary>
    public bool? HasTls { get; private init; }

    /// <returns>An empty one where none was named.</returns>
    public static SiloFile Read(string? path, ICollection<SettingError> errors)
    {
        if (path is null)
        {
            return new SiloFile();
        }

        var (name, values) = (Path.GetFileName(path), new Dictionary<string, (string Text, string Origin)>());
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(File.ReadAllText(path)));
            foreach (var (key, value) in stream.Documents is [{ RootNode: YamlMappingNode root }] ? root.Children : throw new YamlException("it must be one mapping of 'name: value' lines"))
            {
                var (text, origin) = (key as YamlScalarNode, $"{name} line {key.Start.Line}");
                if (text?.Value is not { } setting || !SiloFileNames.All.Contains(setting))
                {
                    errors.Add(new SettingError(text?.Value ?? "a key", "", $"unknown setting; a silo has {string.Join(", ", SiloFileNames.All)}", origin));
                }
                else
                {
                    values[setting] = ((value as YamlScalarNode)?.Value ?? "", origin);
                }
            }
        }
        catch (Exception error) when (error is YamlException or IOException or UnauthorizedAccessException)
        {
            errors.Add(new SettingError(ConnectionOptions.ConfigFlag, path, $"must be a silo's file of settings that can be read: {error.Message.ReplaceLineEndings(" ")}"));
        }

        var tls = values.GetValueOrDefault(SiloFileNames.Tls);
        if (tls.Text is not (null or "on" or "off"))
        {
            errors.Add(new SettingError($"--{SiloFileNames.Tls}", tls.Text, "must be on or off", tls.Origin));
        }

        var file = new SiloFile { HasTls = tls.Text is null ? null : tls.Text == "on" };
        foreach (var (setting, value) in values.Where(entry => entry.Value.Text.Length > 0))
        {
            file._values[setting] = value.Text;
        }

        return file;
    }

    /// <summary>Null where the file does not say it.</summary>
    public string? Value(string setting) => _values.GetValueOrDefault(setting);
}
