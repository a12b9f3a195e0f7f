using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Runs;

/// <summary>
/// Devices on which processes of a run failed: how often, which have to pass a check first, and which the run uses no more.
/// In <c>device-failures/</c> of the run folder, a record an event, since whoever decides may be killed, and live again
/// elsewhere; failures before this attempt of the run are not counted.
/// </summary>
/// <param name="folder">The run folder; null for one who is not to be outlived.</param>
/// <param name="attempt">The same for all who decide in an attempt of the run, and no other's.</param>
/// <param name="most">At least 1: so many failures quarantine a device.</param>
public sealed class FailedDevices(string? folder, string attempt, int most)
{
    public const string FolderName = "device-failures";

    private readonly FileRegister? _register = folder is null ? null : new FileRegister(folder, FolderName);
    private readonly SortedDictionary<int, State> _devices = [];
    private readonly HashSet<string> _sources = [];
    private Generation _read = Generation.None;
    private bool _begun;

    /// <summary>Devices of which anything is known.</summary>
    public IReadOnlyList<int> Known => [.. Devices.Keys];

    /// <summary>How many devices are used no more.</summary>
    public int Quarantined => Devices.Keys.Count(IsQuarantined);

    public bool IsQuarantined(int device) => Devices.GetValueOrDefault(device)?.Failures >= most;

    /// <summary>Its last process failed, or its last check, and none has passed since.</summary>
    public bool NeedsCheck(int device) => Devices.GetValueOrDefault(device)?.NeedsCheck ?? false;

    /// <summary>What was wrong the last time.</summary>
    public string? LastFailure(int device) => Devices.GetValueOrDefault(device)?.LastFailure;

    /// <summary>Takes down that the process of a node failed, once a node.</summary>
    /// <param name="forgives">It had served so long that what was before counts no more.</param>
    /// <returns>Whether that was one failure too many.</returns>
    /// <exception cref="IOException">It cannot be written down.</exception>
    public bool Failed(int device, NodeId node, string failure, bool forgives = false) =>
        Failed(device, node.ToString(), failure, forgives);

    /// <param name="source">What tells it from other failures.</param>
    /// <inheritdoc cref="Failed(int, NodeId, string, bool)"/>
    public bool Failed(int device, string source, string failure, bool forgives = false) => Add(new DeviceEvent(attempt, device, source, failure, forgives));

    /// <summary>Takes down what a check has said: what is wrong, or null.</summary>
    /// <param name="source">What tells the check from others; null where it is said once anyway.</param>
    /// <inheritdoc cref="Failed(int, NodeId, string, bool)"/>
    public bool Checked(int device, string? failure, string? source = null) => Add(new DeviceEvent(attempt, device, source, failure));

    /// <summary>Whether what is to be said once was said.</summary>
    public bool Knows(string source) => Devices.Count > 0 && _sources.Contains(source);

    private SortedDictionary<int, State> Devices
    {
        get
        {
            if (!_begun)
            {
                _begun = true;
                ReadOn();
            }

            return _devices;
        }
    }

    private bool Add(DeviceEvent happened)
    {
        var was = IsQuarantined(happened.Device);
        var record = JsonSerializer.SerializeToUtf8Bytes(happened, StorageJson.Default.DeviceEvent);
        while (happened.Source is null || !_sources.Contains(happened.Source))
        {
            if (_register?.TryCreate(_read.Next, record) ?? true)
            {
                _read = _read.Next;
                Apply(happened);
                break;
            }

            // Two may coordinate for a moment: what the other one found out comes first.
            ReadOn();
        }

        return !was && IsQuarantined(happened.Device);
    }

    private void ReadOn()
    {
        foreach (var number in _register?.Generations().Where(number => number > _read) ?? [])
        {
            _read = number;
            var record = _register!.Read(number);

            // Those of the first version were of another form, and of attempts that are over.
            if (record is [(byte)'{', ..] && JsonSerializer.Deserialize(record, StorageJson.Default.DeviceEvent) is { } happened && happened.Attempt == attempt)
            {
                Apply(happened);
            }
        }
    }

    private void Apply(DeviceEvent happened)
    {
        if (happened.Source is { } source && !_sources.Add(source))
        {
            return;
        }

        var state = _devices.GetValueOrDefault(happened.Device) ?? new State(0, false, null);
        _devices[happened.Device] = happened.Failure is { } failure
            ? new State(happened.Forgives ? 1 : state.Failures + 1, true, failure)
            : state with { NeedsCheck = false };
    }

    private sealed record State(int Failures, bool NeedsCheck, string? LastFailure);
}
