namespace AtomGrains.Grains.Runs;

/// <summary>Names of runs: each is also a folder's and a part of grain keys, so it has no sign that means something there.</summary>
public static class RunNames
{
    private const int MostCharacters = 63;

    /// <summary>What is wrong with a name, in words; null when nothing is.</summary>
    public static string? Fault(string name) =>
        name.Length is > 0 and <= MostCharacters && name[0] != '-' && name.All(sign => char.IsAsciiLetterLower(sign) || char.IsAsciiDigit(sign) || sign == '-')
            ? null
            : $"name '{name.ReplaceLineEndings(" ")}': must be 1 to {MostCharacters} lower-case letters, digits and dashes, and not begin with a dash";

    /// <summary>Why nothing can be said of a run.</summary>
    public static string Unknown(string name) => $"there is no run {name.ReplaceLineEndings(" ")}; list shows those that there are";
}
