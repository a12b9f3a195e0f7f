namespace AtomGrains.Deployment.Tests.Images;

/// <summary>What Dockerfiles have to keep, with the slip that it is there to find.</summary>
/// <param name="Slip">A text of the first file, and what somebody might write instead.</param>
internal sealed record DockerfileRule(
    string Name,
    Func<Dockerfile, IEnumerable<string>> Violations,
    (string Right, string Wrong) Slip,
    params IReadOnlyList<string> Of);
