namespace AtomGrains.Core.Tests.Architecture;

/// <summary>The dependency rule between projects (DESIGN.md, section 3). A new project needs a reason, and a line here.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["AtomGrains.Core"] = [],
        ["AtomGrains.LibTorch"] = [],
        ["AtomGrains.Simulator"] = ["AtomGrains.Core"],
        ["AtomGrains.Node"] = ["AtomGrains.Core"],
        ["AtomGrains.Torch"] = ["AtomGrains.Core", "AtomGrains.LibTorch"],
        // A store of its own, so that whoever knows Node alone (the grains) can never come to need Azure.
        ["AtomGrains.Azure"] = ["AtomGrains.Node"],
        ["AtomGrains"] = ["AtomGrains.Azure", "AtomGrains.Core", "AtomGrains.Node", "AtomGrains.Torch"],
        ["AtomGrains.Grains.Abstractions"] = [],
        ["AtomGrains.Grains"] = ["AtomGrains.Core", "AtomGrains.Grains.Abstractions", "AtomGrains.Node"],
        // How silos and clients meet; a project of its own, so that a client comes to it without the silo's tensor engine.
        ["AtomGrains.Clustering"] = ["AtomGrains.Core", "AtomGrains.Node"],
        ["AtomGrains.Silo"] = ["AtomGrains.Clustering", "AtomGrains.Grains", "AtomGrains.Grains.Abstractions", "AtomGrains"],
        ["StartRun"] = ["AtomGrains.Clustering", "AtomGrains.Grains.Abstractions"],
        ["TrainOnOrleans"] = ["AtomGrains.Silo"],
        ["TrainYourOwnModel"] = ["AtomGrains", "AtomGrains.Torch", "AtomGrains.Core"],
    };

    // Base class library only.
    private static readonly string[] WithoutPackages =
        ["AtomGrains.Core", "AtomGrains.LibTorch", "AtomGrains.Simulator", "AtomGrains.Node"];

    public static TheoryData<string> Projects => [.. ProjectFile.All.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void AProjectReferencesOnlyWhatTheDesignAllows(string project)
    {
        Assert.True(MayReference.TryGetValue(project, out var allowed), $"{project} is not in the design's table");
        Assert.Empty(ProjectFile.All[project].Projects.Except(allowed));
    }

    [Fact]
    public void PureProjectsAndTheNodeNeedNoPackage() =>
        Assert.All(WithoutPackages, project => Assert.Empty(ProjectFile.All[project].Packages));

    [Fact]
    public void TorchNeedsOneTensorEngineAndNoOtherPackage() =>
        Assert.Equal(["$(TorchSharpPackage)"], ProjectFile.All["AtomGrains.Torch"].Packages);

    [Fact]
    public void OnlyTheStoreInAzureNeedsItsPackages() =>
        Assert.Equal(["AtomGrains.Azure"], ProjectFile.All.Where(project => project.Value.Packages.Any(package => package.StartsWith("Azure.", StringComparison.Ordinal))).Select(project => project.Key));

    [Fact]
    public void TheProjectsOfTheDesignWereFound() =>
        Assert.Superset(
            new HashSet<string> { "AtomGrains", "AtomGrains.Core", "AtomGrains.Node", "AtomGrains.Simulator", "AtomGrains.Torch" },
            ProjectFile.All.Keys.ToHashSet());
}
