namespace AtomGrains.Core.Data;

/// <summary>
/// What a hash of the run's seed is for. Each use has its own number, so that no two share a stream; a number
/// in use never changes, since it decides bits.
/// </summary>
internal static class HashDomain
{
    public const ulong DataOrder = 1;
    public const ulong Lane = 2;
    public const ulong ValidationOrder = 3;
    public const ulong Audit = 4;
}
