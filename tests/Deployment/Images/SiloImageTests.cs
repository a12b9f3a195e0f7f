using System.Net;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>
/// The Dockerfiles, really built, SDK and packages included, and started as the manifests say. The silo's in every run of the
/// tests; what stands on it, and the client's, in long ones.
/// </summary>
public sealed class SiloImageTests(SiloImage silo) : IClassFixture<SiloImage>
{
    private const Needs All = Needs.Buildah | Needs.Kubectl | Needs.ClusterPackages;
    private static readonly TimeSpan Ends = TimeSpan.FromSeconds(45);

    [FactThatNeeds(All)]
    public async Task TheSiloImageIsAliveAndReadyAndEndsInOrder()
    {
        using var pod = silo.Start(silo.Name);
        await IsAliveAndReady(pod);
        var status = pod.Status();
        Assert.StartsWith("10001\t10001", status["Uid"], StringComparison.Ordinal);
        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal(0, Convert.ToInt64(status["CapEff"], 16));
        pod.Terminate();
        Assert.Equal((0, true), (pod.ExitCodeWithin(Ends), pod.Output.Contains("has left", StringComparison.Ordinal)));
    }

    [FactThatNeeds(All)]
    [Trait("Category", "Long")]
    public async Task AUsersImageIsOursAndWhatTheirProgramAdds()
    {
        var image = silo.Build(Dockerfile.Sample, "train-on-orleans:1.0.0", "--build-arg", $"SILO={silo.Name}", "--build-arg", $"TENSOR_ENGINE={MachinesEngine.Name}");
        var added = Program(image).Except(Program(silo.Name)).ToList();
        Assert.Contains("TrainOnOrleans.dll", added);
        Assert.DoesNotContain(added, file => file.StartsWith("AtomGrains", StringComparison.Ordinal) || file.Contains("orch", StringComparison.Ordinal));
        using var pod = silo.Start(image);
        await IsAliveAndReady(pod);
        pod.Terminate();
        Assert.Equal(0, pod.ExitCodeWithin(Ends));
    }

    [FactThatNeeds(All)]
    [Trait("Category", "Long")]
    public void TheClientImageHasNoTensorEngineAndSaysHowItIsUsed()
    {
        var image = silo.Build(Dockerfile.Client, "atomgrains/client:1.0.0");
        Assert.DoesNotContain(Program(image), file => file.Contains("Torch", StringComparison.Ordinal));
        using var pod = silo.Start(image, "dotnet", "StartRun.dll", "--help");
        Assert.Equal(0, pod.ExitCodeWithin(Ends));
        Assert.Contains("start", pod.Output, StringComparison.Ordinal);
    }

    private static async Task IsAliveAndReady(PodProcess pod)
    {
        using var http = new HttpClient { BaseAddress = pod.Url, Timeout = TimeSpan.FromSeconds(10) };
        await Answers("/healthz");
        await Answers("/readyz");

        async Task Answers(string path)
        {
            var said = "";
            await Eventually.Answers($"200 from {path}", async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
                    said = await answer.Content.ReadAsStringAsync();
                    return answer.StatusCode == HttpStatusCode.OK ? "" : null;
                }
                catch (HttpRequestException)
                {
                    return null;
                }
            }, () => $"{said}\n{pod.Output}");
        }
    }

    private IEnumerable<string> Program(string image) => Directory.EnumerateFiles(Path.Combine(silo.Buildah.RootOf(image), "app")).Select(file => Path.GetFileName(file));
}
