namespace AtomGrains.Node.Checkpoints;

/// <summary>
/// <c>orphans/NODE/left.json</c>: what a node left that ended without a coordinator. It is written after the slices that it
/// names, so one that exists is whole, and each slice is what its hash says or nothing.
/// </summary>
public sealed record OrphanRecord
{
    public const int CurrentFormat = 1;
    public const string FolderName = "orphans";
    public const string FileName = "left.json";

    public int Format { get; init; } = CurrentFormat;

    public required int Node { get; init; }

    /// <summary>Of the node's last view.</summary>
    public required long Generation { get; init; }

    /// <summary>The flat vector's parameters in order, as far as the optimizer tells them apart.</summary>
    public required IReadOnlyList<OrphanParameter> Parameters { get; init; }

    public required IReadOnlyList<OrphanSlice> Slices { get; init; }
}

/// <summary>One parameter of the flat vector.</summary>
/// <param name="Decay">Whether weight decay applies to it.</param>
public sealed record OrphanParameter(int Elements, bool Decay);

/// <summary>A slice file beside the record.</summary>
/// <param name="Sha256">Of the whole file, lower-case hex.</param>
public sealed record OrphanSlice(string File, string Sha256);
