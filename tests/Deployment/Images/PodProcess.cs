using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AtomGrains.Deployment.Tests.Manifests;
using AtomGrains.Deployment.Tests.Support;

namespace AtomGrains.Deployment.Tests.Images;

/// <summary>
/// An image's program, started as the silos' manifest says: its user, its variables, its mounts, and a root that is read-only.
/// Ours alone are the address, which is loopback, where silos do not encrypt, and the ports, which are free ones.
/// </summary>
internal sealed class PodProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private PodProcess(ProcessStartInfo start, int httpPort)
    {
        (_process, Url) = (new Process { StartInfo = start }, new Uri($"http://127.0.0.1:{httpPort}"));
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Of health and metrics.</summary>
    public Uri Url { get; }

    /// <summary>What it has said, on both of its outputs.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <param name="volumes">Holds what outlives a pod: a folder for each volume and secret.</param>
    /// <param name="command">Instead of the image's own.</param>
    public static PodProcess Start(Buildah buildah, string image, Rendered manifests, string volumes, params IReadOnlyList<string> command)
    {
        var config = buildah.ConfigOf(image);
        var ports = FreePorts(3);
        var settings = manifests.Settings.Where(setting => setting.Value is not null && !setting.Key.StartsWith("ATOMGRAINS_TLS", StringComparison.Ordinal)).ToDictionary(setting => setting.Key, setting => setting.Value!);
        (settings["ATOMGRAINS_ADDRESS"], settings["ATOMGRAINS_HOST"]) = ("127.0.0.1", "here");
        (settings["ATOMGRAINS_SILO_PORT"], settings["ATOMGRAINS_GATEWAY_PORT"], settings["ATOMGRAINS_HTTP_PORT"]) = (Text(ports[0]), Text(ports[1]), Text(ports[2]));
        string[] arguments =
        [
            "--mount", "bash", Repository.PathOf("tests/Deployment/Images/run-as-pod.sh"), buildah.RootOf(image), config["User"]!.GetValue<string>(), config["WorkingDir"]!.GetValue<string>(),
            .. MachinesEngine.Mounts, .. Mounts(manifests, volumes), "--",
            .. config["Env"]!.AsArray().Select(variable => variable!.GetValue<string>()), .. MachinesEngine.Variables, .. settings.Select(setting => $"{setting.Key}={setting.Value}"),
            .. command.Count > 0 ? command : config["Entrypoint"]!.AsArray().Select(word => word!.GetValue<string>()),
        ];
        return new PodProcess(new ProcessStartInfo("unshare", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }, ports[2]);
    }

    /// <summary>The lines of its <c>/proc</c> status, by name: what it may do.</summary>
    public IReadOnlyDictionary<string, string> Status() =>
        File.ReadLines($"/proc/{_process.Id}/status").Select(line => line.Split(":\t", 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1].Trim());

    /// <summary>Asks it to end, as Kubernetes does.</summary>
    public void Terminate() => FinishedProcess.Run(TimeSpan.FromSeconds(10), new Dictionary<string, string>(), "kill", "-TERM", Text(_process.Id)).OutputOfSuccess();

    /// <summary>Its exit code; the test fails when it takes longer.</summary>
    public int ExitCodeWithin(TimeSpan limit)
    {
        Assert.True(_process.WaitForExit(limit), $"still there after {limit.TotalSeconds} s\n{Output}");
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    // Outer ones first, as Kubernetes has it.
    private static IEnumerable<string> Mounts(Rendered manifests, string volumes) =>
        manifests.SiloContainer["volumeMounts"].Items.OrderBy(mount => mount["mountPath"].Text, StringComparer.Ordinal).SelectMany(mount =>
        {
            var volume = manifests.Silos.Volume(mount["name"].Text);
            var path = mount["mountPath"].Text;
            return volume["emptyDir"].IsMissing
                ? [mount["readOnly"].Text == "true" ? "--bind-read-only" : "--bind", Path.Combine(volumes, mount["name"].Text, mount["subPath"].Text), path]
                : new[] { "--tmpfs", path };
        });

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
