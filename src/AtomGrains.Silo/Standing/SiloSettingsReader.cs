using System.Net;
using System.Net.Sockets;
using AtomGrains.Clustering;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport;

namespace AtomGrains.Silo.Standing;

/// <summary>Settings to <see cref="SiloSettings"/>, with all errors at once. What it asks of the machine it leaves as it was.</summary>
internal static class SiloSettingsReader
{
    private const double LongestGrace = 3600;
    private const int LongestHost = 253;

    /// <exception cref="InvalidSettingsException">Everything that is wrong.</exception>
    public static SiloSettings Read(SettingValues values)
    {
        var errors = new List<SettingError>();
        var address = values.Address(SiloKeys.Address);
        var tls = TlsSettings.Read(values, address, errors);
        var connection = ClusterConnection.Read(
            values.Text(SiloKeys.Cluster) ?? "",
            values.Text(SiloKeys.Clustering),
            values.Text(SiloKeys.AzureAccount),
            values.Text(SiloKeys.AzureConnectionString),
            errors,
            tls,
            values.Text(SiloKeys.AzureTableEndpoint));
        var devices = DeviceList.Parse(values.Text(SiloKeys.Devices) ?? "");
        errors.AddRange(DeviceList.Errors(devices, DevicePresence.OfThisMachine, SiloKeys.Devices.Flag));
        var runs = ReadRuns(values, errors);
        var secret = ReadSecret(values, runs, errors);
        values.Add(errors);
        var settings = new SiloSettings
        {
            Connection = connection!, // or there is an error
            Runs = runs,
            Store = ReadStore(values),
            Data = values.Text(SiloKeys.Data) is { } data ? Path.GetFullPath(data) : null,
            Devices = devices,
            Address = address,
            Host = ReadHost(values),
            SiloPort = ReadPort(values, SiloKeys.SiloPort, address),
            GatewayPort = ReadPort(values, SiloKeys.GatewayPort, address),
            HttpPort = ReadPort(values, SiloKeys.HttpPort, address),
            TensorPorts = ReadTensorPorts(values, devices.Count),
            Tls = tls,
            Grace = values.Seconds(SiloKeys.Grace, LongestGrace),
            Membership = MembershipSettings.Read(values),
            Secret = secret!, // or there is an error
        };
        RefusePortsTakenTwice(values, settings);
        return values.Errors.Count == 0 ? settings : throw new InvalidSettingsException(values.Errors);
    }

    private static string ReadRuns(SettingValues values, List<SettingError> errors)
    {
        var folder = values.Required(SiloKeys.Runs);
        if (folder.Length == 0)
        {
            return "";
        }

        // It is not made: where a volume is not mounted, runs would be written to nowhere.
        errors.AddRange(FolderFault(folder) is { } fault ? [new SettingError(SiloKeys.Runs.Flag, folder, fault)] : []);

        return Path.GetFullPath(folder);
    }

    private static ClusterSecret? ReadSecret(SettingValues values, string runs, List<SettingError> errors)
    {
        var path = values.Required(SiloKeys.SecretFile);
        try
        {
            if (path.Length == 0)
            {
                return null;
            }

            if (ClusterSecret.Parse(File.ReadAllText(path)) is { } secret)
            {
                errors.AddRange(runs.Length > 0 && SecretCheck.Fault(runs, secret) is { } fault ? [new SettingError(SiloKeys.SecretFile.Flag, path, fault)] : []);
                return secret;
            }

            errors.Add(new SettingError(SiloKeys.SecretFile.Flag, path, $"must hold {2 * RunSecret.SizeBytes} hexadecimal digits, such as 'openssl rand -hex {RunSecret.SizeBytes}' writes"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            errors.Add(new SettingError(SiloKeys.SecretFile.Flag, path, $"must be a file that can be read: {error.Message}"));
        }

        return null;
    }

    private static string? ReadStore(SettingValues values)
    {
        if (values.Text(SiloKeys.Store) is not { } store)
        {
            return null;
        }

        // A folder is not made, as that of the runs is not.
        var fault = ObjectStores.Fault(store) ?? (ObjectStores.IsFolder(store) ? FolderFault(store) : null);
        values.Add(fault is null ? [] : [new SettingError(SiloKeys.Store.Flag, store, fault)]);

        return CheckpointSettings.Absolute(store);
    }

    private static string? FolderFault(string folder) => Directory.Exists(folder)
        ? VolumeProbe.Run(folder) is { } fault ? $"must be a folder that this process can write: {fault}" : null
        : "must be a folder that exists, on a volume that all silos of the cluster share";

    private static string ReadHost(SettingValues values)
    {
        var host = values.Text(SiloKeys.Host) ?? Environment.MachineName;
        if (host.Length > LongestHost || !host.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_'))
        {
            values.Add([new SettingError(SiloKeys.Host.Flag, host, $"must be a name of at most {LongestHost} letters, digits, '-', '.' and '_'")]);
        }

        return host;
    }

    // Orleans names a silo by its port before it listens there; a port that is taken is known now, and not when it has joined.
    private static int ReadPort(SettingValues values, Setting setting, IPAddress address)
    {
        var before = values.Errors.Count;
        var port = values.Count(setting, 0, ushort.MaxValue);
        if (values.Errors.Count > before)
        {
            return port;
        }

        try
        {
            if (port == 0 && setting != SiloKeys.HttpPort)
            {
                return FreePort.On(address);
            }

            using var listener = new TcpListener(address, port);
            listener.Start();
            return port;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
        {
            var wrong = new SettingError(SiloKeys.Address.Flag, address.ToString(), "must be an address of this machine");
            values.Add(values.Errors.Any(known => known.Setting == wrong.Setting) ? [] : [wrong]);
        }
        catch (SocketException error)
        {
            values.Add([new SettingError(setting.Flag, $"{port}", $"cannot be listened on ({error.SocketErrorCode}); must be a free port, or 0 for any free one")]);
        }

        return port;
    }

    private static void RefusePortsTakenTwice(SettingValues values, SiloSettings settings)
    {
        var ports = new[] { (SiloKeys.SiloPort, settings.SiloPort), (SiloKeys.GatewayPort, settings.GatewayPort), (SiloKeys.HttpPort, settings.HttpPort) };
        var taken = new Dictionary<int, Setting>();
        foreach (var (setting, port) in ports.Where(port => port.Item2 > 0))
        {
            if (!taken.TryAdd(port, setting))
            {
                values.Add([new SettingError(setting.Flag, $"{port}", $"must differ from {taken[port].Flag}")]);
            }
            else if (settings.TensorPorts is { } range && port >= range.First && port <= range.Last)
            {
                values.Add([new SettingError(SiloKeys.TensorPorts.Flag, $"{range}", $"must leave out {setting.Flag} {port}")]);
            }
        }
    }

    private static PortRange? ReadTensorPorts(SettingValues values, int devices)
    {
        if (values.Text(SiloKeys.TensorPorts) is not { } text)
        {
            return null;
        }

        if (PortRange.Parse(text) is not { } range)
        {
            values.Add([new SettingError(SiloKeys.TensorPorts.Flag, text, $"must be FIRST-LAST, from 1 to {ushort.MaxValue}, such as 11200-11299")]);
            return null;
        }

        if (range.Count < devices)
        {
            values.Add([new SettingError(SiloKeys.TensorPorts.Flag, text, $"has {range.Count} ports; must have at least {devices}, one for each device")]);
        }

        return range;
    }
}
