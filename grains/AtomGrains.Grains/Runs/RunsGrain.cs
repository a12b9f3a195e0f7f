using AtomGrains.Core.Options;
using AtomGrains.Grains.Wire;
using AtomGrains.Grains.Workers;
using Orleans.Concurrency;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// Answers from the catalog, and passes on what concerns a single run. It remembers the catalog's list for a moment, so
/// that a hundred free devices do not read a shared volume a hundred times a second. A run that is being made, which takes
/// as long as its data do, holds up nobody.
/// </summary>
[Reentrant]
public sealed class RunsGrain(IRunCatalog catalog, IClusterMembershipService membership, ISiloMetadataCache metadata) : Grain, IRunsGrain
{
    // A run that was just made waits for its devices no longer than this because of it.
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500);

    private IReadOnlyList<RunEntry> _listed = [];
    private TimeSpan? _listedAt;

    public async Task<RunAnswer> Start(RunRequest request)
    {
        if (WireContract.RefusalOf(request.Version) is { } refused)
        {
            return new RunAnswer([refused]);
        }

        if (RunNames.Fault(request.Name) is { } fault)
        {
            return new RunAnswer([fault]);
        }

        if (catalog.IsSame(request) is { } same)
        {
            return new RunAnswer(same ? [] : [$"there is a run {request.Name} already, with another spec: choose another name"]);
        }

        RunNeeds needs;
        try
        {
            needs = catalog.Read(request);
        }
        catch (InvalidSettingsException error)
        {
            return new RunAnswer([.. error.Errors.Select(one => one.ToString())]);
        }

        var (silo, nobody) = Choose(needs);
        if (silo is null)
        {
            return new RunAnswer([nobody!]);
        }

        return await OnAsync(silo, maker => maker.Make(request), request.Name);
    }

    public async Task<RunList> List(RunQuery query)
    {
        if (WireContract.RefusalOf(query.Version) is { } refused)
        {
            return new RunList([], refused);
        }

        await ListAsync(TimeSpan.Zero);
        return new RunList([.. _listed.Select(entry => entry.Summary).Where(run => query.Name is null || run.Name == query.Name)]);
    }

    public async Task<RunAnswer> Order(RunOrder order)
    {
        if (WireContract.RefusalOf(order.Version) is { } refused)
        {
            return new RunAnswer([refused]);
        }

        await ListAsync(TimeSpan.Zero);
        if (_listed.FirstOrDefault(entry => entry.Summary.Name == order.Name) is not { } entry)
        {
            return new RunAnswer([RunNames.Unknown(order.Name)]);
        }

        _listedAt = null;
        var run = GrainFactory.GetGrain<IRunGrain>(order.Name);
        return order.Kind == RunOrderKind.ResumeInNewEnvironment ? await ResumeInNewEnvironmentAsync(run, order, entry) : await run.Order(order);
    }

    // Step by step: whatever comes between, the run is paused, and the order can be given again.
    private async Task<RunAnswer> ResumeInNewEnvironmentAsync(IRunGrain run, RunOrder order, RunEntry entry)
    {
        var (silo, nobody) = Choose(new RunNeeds(entry.DeviceKind, entry.Job));
        if (silo is null)
        {
            return new RunAnswer([nobody!]);
        }

        if (await run.Order(order) is { Errors.Count: > 0 } refused)
        {
            return refused;
        }

        if (await OnAsync(silo, maker => maker.Adopt(), order.Name) is { Errors.Count: > 0 } failed)
        {
            return entry.Summary.State == RunEntry.Stopped ? failed : new RunAnswer([.. failed.Errors, $"run {order.Name} stays paused, and with the environment that it had"]);
        }

        return await run.Order(order with { Kind = RunOrderKind.Resume });
    }

    private async Task<RunAnswer> OnAsync(SiloAddress silo, Func<IRunMakerGrain, Task<RunAnswer>> ask, string run)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        try
        {
            return await ask(GrainFactory.GetGrain<IRunMakerGrain>(run));
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
            _listedAt = null;
        }
    }

    public async Task<IReadOnlyList<string>> Wanted(DeviceOffer offer)
    {
        await ListAsync(Fresh);
        return [.. _listed.Where(entry => entry.WantsDevices && entry.DeviceKind == SiloDevices.KindOf(offer.Device)).Select(entry => entry.Summary.Name)];
    }

    // The volume may be slow: no scheduler's thread waits for it.
    private async Task ListAsync(TimeSpan fresh)
    {
        var now = TimeSpan.FromMilliseconds(Environment.TickCount64);
        if (_listedAt is not { } at || now - at >= fresh)
        {
            _listed = await Task.Run(catalog.List);
            _listedAt = now;
        }
    }

    // The one that joined last: where silos of two builds live, an upgrade is under way, and a run of the former build would
    // be without a device once that is over.
    private (SiloAddress? Silo, string? Refused) Choose(RunNeeds needs)
    {
        var silos = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active)
            .Select(member => (member.SiloAddress, Metadata: metadata.GetSiloMetadata(member.SiloAddress).Metadata))
            .Select(silo => (silo.SiloAddress, Devices: SiloDevices.Of(silo.Metadata), Jobs: SiloJobs.Of(silo.Metadata)))
            .Where(silo => silo.Devices is not null).OrderBy(silo => silo.SiloAddress).ToList();
        var ofKind = silos.Where(silo => silo.Devices!.Kind == needs.DeviceKind).ToList();
        if (ofKind.Count == 0)
        {
            var kinds = string.Join(" and ", silos.Select(silo => silo.Devices!.Kind).Distinct().Order());
            return (null, $"device {needs.DeviceKind}: no silo of the cluster has one; there is {(kinds.Length == 0 ? "none at all" : kinds)}");
        }

        return ofKind.Where(silo => needs.Job is null || silo.Jobs.Contains(needs.Job)).Select(silo => silo.SiloAddress).MaxBy(silo => silo.Generation) is { } chosen
            ? (chosen, null)
            : (null, $"job {needs.Job}: must be a job of the silos' program: {string.Join(", ", ofKind.SelectMany(silo => silo.Jobs).Distinct())}");
    }
}
