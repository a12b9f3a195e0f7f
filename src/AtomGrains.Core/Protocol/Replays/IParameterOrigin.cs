namespace AtomGrains.Core.Protocol.Replays;

/// <summary>A place from which the parameters of some versions can be had: the seeded beginning, a store of checkpoints.</summary>
public interface IParameterOrigin
{
    /// <summary>The newest version that it has of those up to this one; null when it has none.</summary>
    long? Newest(long version);

    /// <summary>In words, for the output: "the seeded beginning".</summary>
    /// <param name="version">One that <see cref="Newest"/> has named.</param>
    string NameOf(long version);

    /// <param name="version">One that <see cref="Newest"/> has named.</param>
    ParameterState Read(long version);
}
