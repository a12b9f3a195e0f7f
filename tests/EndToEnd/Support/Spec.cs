namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>What decides the bits of a test's run: the options of the run spec, and nothing of how it is run.</summary>
internal sealed record Spec(int Steps, params string[] Options)
{
    private static readonly string[] Tiny =
    [
        "--layers", "2", "--width", "32", "--heads", "2", "--context", "32", "--lanes", "8", "--global-batch", "8",
        "--block-elements", "2048", "--eval-batches", "2", "--warmup", "4", "--lr", "1e-2",
    ];

    private static readonly string[] Wide =
    [
        "--layers", "2", "--width", "64", "--heads", "2", "--context", "64", "--lanes", "16", "--global-batch", "16",
        "--block-elements", "4096", "--eval-batches", "2", "--warmup", "4", "--lr", "1e-2",
    ];

    /// <summary>Over sooner than anything but an ordered fault can happen.</summary>
    public static readonly Spec Short = new(12, Tiny);

    /// <summary>Long enough to look at it and to strike from outside, too short for replacements.</summary>
    public static readonly Spec Medium = new(150, Tiny);

    /// <summary>Steps that last, so that replacements join in time.</summary>
    public static readonly Spec Long = new(100, Wide);

    public Spec With(params string[] options) => this with { Options = [.. Options, .. options] };

    public IEnumerable<string> Arguments => ["--data", TestText.Path, "--steps", $"{Steps}", .. Options];

    public string Key => string.Join(' ', Arguments);
}
