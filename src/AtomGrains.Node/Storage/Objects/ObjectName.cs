namespace AtomGrains.Node.Storage.Objects;

/// <summary>Names that mean the same in every store, and can never lead out of it.</summary>
public static class ObjectName
{
    private const int Longest = 512;

    /// <exception cref="ArgumentException">The name is not one.</exception>
    public static void Check(string name)
    {
        if (name.Length > Longest || name.Split('/').Any(part => part.Length == 0 || part[0] == '.' || !part.All(IsAllowed)))
        {
            throw new ArgumentException(
                $"'{name}' is no name of an object: up to {Longest} characters, parts of letters, digits, '-', '_' and '.', not beginning with '.', with '/' between", nameof(name));
        }
    }

    private static bool IsAllowed(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';
}
