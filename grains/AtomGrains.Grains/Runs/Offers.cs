using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Coordination;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;

namespace AtomGrains.Grains.Runs;

/// <summary>What becomes of a device that a silo offers to a run that goes on.</summary>
/// <param name="isQuarantined">Whether a device of the set of silos is used no more.</param>
/// <param name="ended">Told that a node is over.</param>
internal sealed class Offers(RunPlan plan, Seats seats, Coordinator coordinator, IRunOutput output, Func<int, bool> isQuarantined, Action<NodeId> ended)
{
    // The silo may stay: what else it hosts, calls and grains, is not computed on that device.
    private static readonly OfferAnswer NotWanted = new(false, null);

    private static readonly OfferAnswer Taken = new(false, null, IsTaken: true);

    // Longer than a silo takes to offer a device again.
    private static readonly TimeSpan News = TimeSpan.FromSeconds(10);

    private (string Reason, TimeSpan At)? _refused;

    /// <summary>Why a device that was offered lately can never be used, in a line; null when there was none.</summary>
    public string? Refused(TimeSpan now) => _refused is { } last && now - last.At < News ? last.Reason : null;

    public OfferAnswer Answer(DeviceOffer offer, TimeSpan now)
    {
        if (RefusalOf(offer) is { } reason)
        {
            _refused = (reason, now);
            return new OfferAnswer(false, reason);
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

    private string? RefusalOf(DeviceOffer offer) => WireContract.RefusalOf($"the silo {offer.Silo}", offer.Version)
        ?? plan.RefusalOf(offer.Program)
        ?? (SiloDevices.KindOf(offer.Device) == plan.Spec.DeviceKind ? null : $"the run computes on {plan.Spec.DeviceKind}, this silo offers {offer.Device}");

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
