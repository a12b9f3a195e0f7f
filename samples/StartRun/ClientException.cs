namespace StartRun;

/// <summary>What was asked for cannot be: a line each, and exit code 2.</summary>
internal sealed class ClientException(IReadOnlyList<string> lines) : Exception(string.Join('\n', lines))
{
    public ClientException(string line)
        : this([line])
    {
    }

    public IReadOnlyList<string> Lines => lines;
}
