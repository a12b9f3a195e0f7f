using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>The instructions of a Dockerfile, without comments and with their lines joined.</summary>
internal sealed record Dockerfile(IReadOnlyList<(string Name, string Text)> Instructions)
{
    public const string Silo = "k8s/images/silo.Dockerfile";
    public const string Client = "k8s/images/client.Dockerfile";
    public const string Sample = "samples/TrainOnOrleans/Dockerfile";

    public static IReadOnlyList<string> All { get; } = [Silo, Client, Sample];

    /// <summary>Stages in their order: what each begins from, its name, and what it does.</summary>
    public IReadOnlyList<Stage> Stages
    {
        get
        {
            var stages = new List<Stage>();
            foreach (var (name, text) in Instructions)
            {
                if (name == "FROM")
                {
                    var words = text.Split(' ');
                    stages.Add(new Stage(words[0], words[^1], []));
                }
                else if (stages.Count > 0)
                {
                    stages[^1].Instructions.Add((name, text));
                }
            }

            return stages;
        }
    }

    public static Dockerfile Parse(string text)
    {
        var lines = text.Split('\n').Where(line => !line.TrimStart().StartsWith('#'));
        var joined = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal);
        return new Dockerfile([.. joined.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Instruction)]);
    }

    public static string Text(string path) => Repository.Read(path);

    /// <summary>The last value of an instruction in the stages that the image is made of, from its own to its base's; null for none.</summary>
    public string? Last(string instruction) => Lineage().SelectMany(stage => stage.Instructions.AsEnumerable().Reverse()).FirstOrDefault(one => one.Name == instruction).Text;

    /// <summary>The stages that the image is made of: the last one, the one that it begins from, and so on.</summary>
    public IEnumerable<Stage> Lineage()
    {
        for (var stage = Stages[^1]; stage is not null; stage = Stages.FirstOrDefault(other => other.Name == stage.Base))
        {
            yield return stage;
        }
    }

    private static (string Name, string Text) Instruction(string line)
    {
        var words = line.Trim().Split(' ', 2);
        return (words[0].ToUpperInvariant(), words.Length > 1 ? words[1].Trim() : "");
    }

    /// <summary>What lies between one FROM and the next.</summary>
    internal sealed record Stage(string Base, string Name, List<(string Name, string Text)> Instructions);
}
