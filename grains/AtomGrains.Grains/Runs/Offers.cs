using AtomGrains.Core.Membership;
using AtomGrains.Core.Options;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// What becomes of a device that a silo offers to a run that goes on. The first one that has what the run asks for is taken: where
/// more are offered than are wanted, none is worth to wait for, since a step is as fast as its slowest worker, and what one has
/// beyond the need is no use to the run.
/// </summary>
/// <param name="isQuarantined">Whether a device of the set of silos is used no more.</param>
/// <param name="ended">Told that a node is over.</param>
internal sealed class Offers(RunPlan plan, Seats seats, Coordinator coordinator, IRunOutput output, Func<int, bool> isQuarantined, Action<NodeId> ended)
{
    // The silo may stay: what else it hosts, calls and grains, is not computed on that device.
    private static readonly OfferAnswer NotWanted = new(false, null);

    private static readonly OfferAnswer Taken = new(false, null, IsTaken: true);

    // A free device is offered some times a second, where one run after the other is asked: one that was not for so long is
    // with another run, or gone.
    private static readonly TimeSpan Offered = TimeSpan.FromSeconds(5);

    private readonly Dictionary<(string Silo, int? Child), (string Has, TimeSpan At)> _refused = [];

    /// <summary>Why devices that are there are of no use, in words; null when all are.</summary>
    public string? Refused(TimeSpan now)
    {
        foreach (var gone in _refused.Where(offer => now - offer.Value.At > Offered).Select(offer => offer.Key).ToList())
        {
            _refused.Remove(gone);
        }

        var what = string.Join(" or ", _refused.Values.Select(refused => refused.Has).Distinct().Order(StringComparer.Ordinal));
        return _refused.Count switch
        {
            0 => null,
            1 => $"1 offered has {what}",
            var count => $"{count} offered have {what}",
        };
    }

    public OfferAnswer Answer(DeviceOffer offer, TimeSpan now)
    {
        if (RefusalOf(offer) is { } refusal)
        {
            _refused[(offer.Silo, offer.Child)] = (refusal.Has, now);
            return new OfferAnswer(false, refusal.Line);
        }

        if (isQuarantined(offer.Ordinal))
        {
            return NotWanted;
        }

        var here = seats.Living.FirstOrDefault(seat => seat.Value.Silo == offer.Silo && seat.Value.Child == offer.Child);
        if (here.Value is { } seat && offer.Over != here.Key.Value)
        {
            if (!seat.IsTaken)
            {
                // It has a node there but no life yet: the call that was to begin it may be lost.
                output.Start(here.Key, seat);
            }

            // An offer may be older than the node that lives there now.
            return Taken;
        }

        if (here.Value is not null)
        {
            // The node that lived there is over, and its id has one life.
            ended(here.Key);
        }

        return TryGive(offer, now) ? Taken : NotWanted;
    }

    private (string Line, string Has)? RefusalOf(DeviceOffer offer) =>
        WireContract.RefusalOf($"the silo {offer.Silo}", offer.Version) is { } version ? (version, "another version of the wire contract")
        : plan.RefusalOf(offer.Program) is { } build ? (build, "another build of the job")
        : SiloDevices.KindOf(offer.Device) != plan.Spec.DeviceKind ? ($"the run computes on {plan.Spec.DeviceKind}, this silo offers {offer.Device}", "another kind of device")
        : offer.MemoryBytes >= plan.Settings.DeviceMemoryBytes ? null
        : MemoryRefusalOf(offer, ByteSize.Of(plan.Settings.DeviceMemoryBytes));

    private static (string Line, string Has) MemoryRefusalOf(DeviceOffer offer, string asked) => offer.MemoryBytes == 0
        ? ($"the run asks for a device with {asked} of memory, this silo cannot tell how much {offer.Device} has", "memory that nobody can tell")
        : ($"the run asks for a device with {asked} of memory, {offer.Device} of this silo has {ByteSize.OfMemory(offer.MemoryBytes)}", $"less than {asked} of memory");

    private bool TryGive(DeviceOffer offer, TimeSpan now)
    {
        var taken = seats.Living.Select(seat => seat.Value.Slot).ToHashSet();
        if (SlotChooser.Choose(offer.Ordinal, taken, coordinator.TargetWorkers + plan.Settings.Spares) is not { } slot)
        {
            return false;
        }

        var (node, seat) = seats.Give(offer, slot, now);
        output.Note($"{node} becomes worker {slot} on {offer.Silo}");
        output.Start(node, seat);
        return true;
    }
}
