using System.Text.RegularExpressions;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>What images are made of and who they run as; the numbers are those of the manifests.</summary>
internal static partial class DockerfileRules
{
    private const string Anybody = "10001:10001";

    public static IReadOnlyList<DockerfileRule> All { get; } =
    [
        new("ABaseIsPinnedByVersionAndCanBePinnedByDigest",
            file => Foreign(file).Where(stage => !Pinned().IsMatch(stage.Base)).Select(stage => stage.Base),
            ("dotnet/aspnet:10.0.12-noble${RUNTIME_DIGEST}", "dotnet/aspnet:latest"), Dockerfile.Silo, Dockerfile.Client),
        new("NoRegistryIsNamed",
            file => Foreign(file).Where(stage => !stage.Base.StartsWith("${REGISTRY}", StringComparison.Ordinal) && stage.Base != "${SILO}").Select(stage => stage.Base),
            ("${REGISTRY}dotnet/sdk", "registry.example/dotnet/sdk"), Dockerfile.All),
        new("WhatCompilesIsNotInTheImage",
            file => file.Lineage().Where(stage => stage.Base.Contains("sdk", StringComparison.Ordinal)).Select(stage => stage.Name),
            ("dotnet/aspnet", "dotnet/sdk"), Dockerfile.All),
        new("AnImageRunsAsTheManifestsUser", file => file.Last("USER") == Anybody ? [] : [file.Last("USER") ?? "root"], ("USER 10001:10001", "USER atomgrains"), Dockerfile.Silo, Dockerfile.Client),
        new("AnImageOfOursIsStillItsUserWithMoreInIt", file => file.Last("USER") is { } user ? [user] : [], ("ENTRYPOINT", "USER 0\nENTRYPOINT"), Dockerfile.Sample),
        new("AnEntryPointIsAProgramAndNoShell",
            file => file.Last("ENTRYPOINT")?.StartsWith("[\"dotnet\", ", StringComparison.Ordinal) == true && file.Last("CMD") is null ? [] : [file.Last("ENTRYPOINT") ?? "none"],
            ("ENTRYPOINT [\"dotnet\", \"AtomGrains.Silo.dll\", \"silo\"]", "ENTRYPOINT dotnet AtomGrains.Silo.dll silo"), Dockerfile.All),
        new("ASiloImageStartsASilo", file => file.Last("ENTRYPOINT")!.EndsWith(", \"silo\"]", StringComparison.Ordinal) ? [] : [file.Last("ENTRYPOINT")!], (", \"silo\"]", "]"), Dockerfile.Silo, Dockerfile.Sample),
        new("TheSilosPortsAreNamed",
            file => file.Last("EXPOSE")!.Split(' ').ToHashSet().SetEquals(["8080", "11111", "30000"]) ? [] : [file.Last("EXPOSE")!],
            ("EXPOSE 8080", "EXPOSE 80"), Dockerfile.Silo),
        new("WhatIsBuiltIsThere", file => Projects(file).Where(project => !File.Exists(Repository.PathOf(project))), ("AtomGrains.Silo.csproj", "AtomGrains.Silos.csproj"), Dockerfile.All),
        new("TheProgramThatStartsIsTheOneThatIsBuilt",
            file => Projects(file).Where(project => !file.Last("ENTRYPOINT")!.Contains($"\"{Path.GetFileNameWithoutExtension(project)}.dll\"", StringComparison.Ordinal)),
            ("\"AtomGrains.Silo.dll\"", "\"AtomGrains.dll\""), Dockerfile.All),
        new("NothingIsFetchedFromAnAddress",
            file => file.Instructions.Where(one => one.Name == "ADD" || Address().IsMatch(one.Text)).Select(one => one.Text),
            ("COPY . .", "ADD https://example.invalid/model.tar /source"), Dockerfile.All),
        new("NoSecretIsAnArgument",
            file => file.Instructions.Where(one => one.Name is "ARG" or "ENV" && SecretName().IsMatch(one.Text)).Select(one => one.Text),
            ("ARG VERSION=1.0.0", "ARG FEED_PASSWORD"), Dockerfile.All.Take(2).ToArray()),
        new("AFeedsAddressAndPasswordAreInNoLayer",
            file => file.Instructions.Any(one => one.Text.Contains("--mount=type=secret,id=nuget", StringComparison.Ordinal)) ? [] : ["no secret of the feed"],
            ("--mount=type=secret,id=nuget", "--mount=type=bind,source=NuGet.Config"), Dockerfile.All),
        new("TheSdkIsNotOlderThanTheProjectAsksFor",
            file => file.Stages.Single(stage => stage.Name == "build").Base is var sdk && Sdk().Match(sdk) is { Success: true } match && Version.Parse(match.Groups[1].Value) >= Asked() ? [] : [sdk],
            ("dotnet/sdk:10.0.401", "dotnet/sdk:9.0.100"), Dockerfile.All),
    ];

    // What comes from elsewhere, and is not an earlier stage.
    private static IEnumerable<Dockerfile.Stage> Foreign(Dockerfile file) => file.Stages.Where(stage => file.Stages.All(other => other.Name != stage.Base));

    private static IEnumerable<string> Projects(Dockerfile file) => file.Instructions.SelectMany(one => Project().Matches(one.Text).Select(match => match.Groups[1].Value));

    private static Version Asked() => Version.Parse(Sdk().Match("sdk:" + GlobalJson().Match(Repository.Read("global.json")).Groups[1].Value).Groups[1].Value);

    [GeneratedRegex(@":\d+\.\d+\.\d+-[a-z]+\$\{[A-Z_]*DIGEST\}$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"dotnet publish (\S+\.csproj)")]
    private static partial Regex Project();

    [GeneratedRegex(@"\bhttps?://|\bcurl\b|\bwget\b")]
    private static partial Regex Address();

    [GeneratedRegex("PASSWORD|TOKEN|SECRET|_KEY|CREDENTIAL")]
    private static partial Regex SecretName();

    [GeneratedRegex(@"sdk:(\d+\.\d+\.\d+)")]
    private static partial Regex Sdk();

    [GeneratedRegex("\"version\": \"([^\"]+)\"")]
    private static partial Regex GlobalJson();
}
