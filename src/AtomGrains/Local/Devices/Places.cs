using AtomGrains.Core.Membership;
using AtomGrains.Node.Runs;

namespace AtomGrains.Local.Devices;

/// <summary>
/// Where workers may be started. A place whose device failed is used again once a check in a fresh process has passed,
/// and never again after too many failures; one whose processes do not live long waits, longer each time. Time is an
/// argument.
/// </summary>
internal sealed class Places
{
    // The first replacement comes at once: most failures are alone.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    // A process that lived so long did not fail of what its predecessor failed of.
    private static readonly TimeSpan LongLife = TimeSpan.FromSeconds(60);

    // A device that served so long has got over what was wrong.
    public static readonly TimeSpan LongService = TimeSpan.FromMinutes(10);

    private readonly SortedDictionary<int, Place> _places = [];
    private readonly FailedDevices _devices;

    /// <param name="devices">What is known of them, from predecessors too.</param>
    public Places(FailedDevices devices)
    {
        _devices = devices;
        foreach (var slot in devices.Known)
        {
            Of(slot);
        }
    }

    /// <summary>Numbers of the places that are used no more, with what was wrong the last time.</summary>
    public IReadOnlyList<(int Slot, string Failure)> Quarantined =>
        [.. _places.Where(place => IsQuarantined(place.Key)).Select(place => (place.Key, place.Value.Condemnation ?? _devices.LastFailure(place.Key) ?? "it failed"))];

    /// <summary>Places whose device has to be checked now; each is returned once a failure.</summary>
    public IReadOnlyList<int> TakeToCheck(DateTimeOffset now)
    {
        var due = _places.Where(place => _devices.NeedsCheck(place.Key) && !place.Value.IsChecking && !IsQuarantined(place.Key) && now >= place.Value.NotBefore)
            .Select(place => place.Key).ToList();
        due.ForEach(slot => _places[slot].IsChecking = true);
        return due;
    }

    public bool IsQuarantined(int slot) => _places.GetValueOrDefault(slot) is { IsCondemned: true } || _devices.IsQuarantined(slot);

    public bool MayStart(int slot, DateTimeOffset now) =>
        !_places.TryGetValue(slot, out var place) || (!IsQuarantined(slot) && !_devices.NeedsCheck(slot) && now >= place.NotBefore);

    /// <summary>No process starts here any more, whatever a check would say.</summary>
    public void Condemn(int slot, string why) => Of(slot).Condemnation = why;

    /// <summary>A process has ended here by a failure of its own, or before it was of any use.</summary>
    /// <param name="lived">Since its start.</param>
    /// <param name="deviceFailure">What was wrong with the device; null when nothing speaks against it.</param>
    public void Ended(int slot, NodeId node, TimeSpan lived, string? deviceFailure, DateTimeOffset now)
    {
        var place = Of(slot);
        place.ShortLives = lived > LongLife ? 0 : place.ShortLives;
        Pause(place, now);
        if (deviceFailure is not null)
        {
            Failed(slot, node, lived, deviceFailure);
        }
    }

    /// <summary>A device was found to have failed though its process has not ended yet.</summary>
    /// <param name="lived">Since its start.</param>
    public void Failed(int slot, NodeId node, TimeSpan lived, string failure)
    {
        Of(slot);
        _devices.Failed(slot, node, failure, forgives: lived > LongService);
    }

    /// <summary>The answer of a check: what is wrong, or null.</summary>
    public void Checked(int slot, string? failure, DateTimeOffset now)
    {
        var place = Of(slot);
        place.IsChecking = false;
        if (failure is not null)
        {
            Pause(place, now);
        }

        _devices.Checked(slot, failure);
    }

    private static void Pause(Place place, DateTimeOffset now)
    {
        var pause = place.ShortLives == 0 ? TimeSpan.Zero : FirstPause * Math.Pow(2, Math.Min(place.ShortLives - 1, 16));
        place.NotBefore = now + (pause < LongestPause ? pause : LongestPause);
        place.ShortLives++;
    }

    private Place Of(int slot)
    {
        if (!_places.TryGetValue(slot, out var place))
        {
            _places[slot] = place = new Place();
        }

        return place;
    }
}
