using AtomGrains.Grains.Wire;

namespace AtomGrains.Grains;

/// <summary>
/// The weights of one finished run, for who does not see the silos' folders; its key is the run's name. They are no part of
/// training: nobody waits for them, and a piece is small.
/// </summary>
public interface IWeightsGrain : IGrainWithStringKey
{
    /// <summary>What there is to read; null before the run has finished. Takes as long as reading the file does.</summary>
    [ResponseTimeout("00:10:00")]
    Task<WeightsFileInfo?> Describe();

    /// <summary>The bytes from an offset on, at most <see cref="WeightsPiece.MostBytes"/>.</summary>
    Task<WeightsPiece> Read(long offset);
}
