namespace AtomGrains.Proofs;

/// <summary>Something of a step as the run recorded it, and as it was computed again.</summary>
/// <param name="Recorded">Null where the run recorded nothing.</param>
internal sealed record Comparison(string What, string? Recorded, string Computed)
{
    public bool Differs => Recorded is not null && Recorded != Computed;

    public override string ToString() => Recorded is null ? $"{What} {Computed}, none is recorded"
        : Differs ? $"{What} DIFFERS: {Recorded} is recorded, {Computed} was computed"
        : $"{What} {Computed} agrees";
}
