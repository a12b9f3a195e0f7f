namespace AtomGrains.Chaos.Plans;

/// <summary>
/// What decides the bits of a plan's run. Few, so that plans share their undisturbed runs; small, so that a plan takes
/// seconds on two cores; with steps that last long enough for a replacement to join before the last one.
/// </summary>
/// <param name="Name">In a word.</param>
/// <param name="Lanes">Of a step.</param>
/// <param name="MostPartitions">As many as the model has blocks, or fewer.</param>
/// <param name="Options">Of <c>train</c>, besides its text and steps.</param>
internal sealed record ChaosSpec(string Name, int Steps, int Lanes, int MostPartitions, IReadOnlyList<string> Options)
{
    public static readonly IReadOnlyList<ChaosSpec> All =
    [
        new("chars", 90, 16, 6, ["--width", "64", "--context", "64", "--block-elements", "4096", .. Common(16)]),
        new("bytes", 70, 8, 4, ["--width", "64", "--context", "96", "--block-elements", "8192", "--tokenizer", "byte", "--dropout", "0.1", "--eval-every", "25", .. Common(8)]),
        new("many", 100, 32, 8, ["--width", "32", "--context", "48", "--block-elements", "2048", "--bias", "--seed", "7", .. Common(32)]),
    ];

    /// <summary>What <c>train</c> is given of it.</summary>
    /// <param name="text">The file to train on.</param>
    public IEnumerable<string> Arguments(string text) => ["--data", text, "--steps", $"{Steps}", .. Options];

    private static string[] Common(int lanes) =>
        ["--layers", "2", "--heads", "2", "--lanes", $"{lanes}", "--global-batch", $"{lanes}", "--eval-batches", "2", "--warmup", "4", "--lr", "1e-2"];
}
