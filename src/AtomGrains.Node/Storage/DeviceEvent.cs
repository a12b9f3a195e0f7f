namespace AtomGrains.Node.Storage;

/// <summary>Something that was found out about a device of a run.</summary>
/// <param name="Attempt">Of the run: what was before it is not counted.</param>
/// <param name="Device">The device's number, which its worker has, or its place in the set of silos.</param>
/// <param name="Source">Whose end says so, such as <c>n3</c>, which says it once; null of a check that nobody says twice.</param>
/// <param name="Failure">What is wrong; null when a check has passed.</param>
/// <param name="Forgives">It had served long: what was before counts no more.</param>
public sealed record DeviceEvent(string Attempt, int Device, string? Source, string? Failure, bool Forgives = false);
