using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Nodes;
using AtomGrains.Core.Protocol.Partitions;

namespace AtomGrains.Simulator;

/// <summary>What a host does about checkpoints: it moves slices and manifests between machines and the store, which takes time.</summary>
internal sealed class CheckpointCarrier(
    Simulation simulation, SimulatedStore store, SimulatedRegister register, CheckpointChecker checker, SimulationOptions options, ProtocolRules rules)
{
    public LineageHistory History => LineageHistory.Of(register.Views, rules);

    public void Store(SimulatedNode node, StoreSlice slice)
    {
        var copy = new SliceContent(slice.Values.ToArray(), slice.FirstMoment.ToArray(), slice.SecondMoment.ToArray());
        simulation.After(simulation.Random.Between(2, 120), () =>
        {
            // Of a node that died meanwhile, the object may have got there or not.
            if (node.IsAlive ? store.IsDown : simulation.Random.Chance(0.5))
            {
                node.Run((_, outbox) => NodeMachine.OnSliceNotStored(new SliceNotStored(slice.Before, slice.Range.Id, "the store is away"), outbox));
                return;
            }

            var stored = store.Put(slice, copy, simulation.Now);
            node.Run((machine, outbox) => machine.OnSliceStored(new SliceStored(slice.Before, stored, 0, 0), outbox));
        });
    }

    public void Load(SimulatedNode node, LoadSlice load) => simulation.After(simulation.Random.Between(1, 40), () =>
    {
        if (!node.IsAlive)
        {
            return;
        }

        if (!store.IsDown && store.Read(load.Checkpoint, load.Range) is { } content)
        {
            node.Run((machine, outbox) => machine.OnSliceLoaded(load.Checkpoint, load.Range.Id, content, outbox));
        }
        else if (store.IsDown)
        {
            Load(node, load);
        }
        else
        {
            // Read whole when it was chosen, and torn since: the process ends with the cause, and the run looks for another.
            simulation.Cluster.End(node);
        }
    });

    public void Write(SimulatedCoordinator coordinator, CheckpointManifest manifest) => simulation.After(WriteTime(), () =>
    {
        // What was collected meanwhile was of a checkpoint that a newer one had overtaken.
        if (store.IsDown || manifest.Slices.Any(slice => store.Find(slice.Object) is null))
        {
            coordinator.Run((machine, _) => machine.OnManifestNotWritten(manifest.Id));
            return;
        }

        if (store.TryCreate(manifest))
        {
            checker.Written(manifest, store);
        }

        coordinator.Run((machine, outbox) => machine.OnManifestWritten(manifest, outbox));
    });

    // Some take so long that the run has gone on without them, perhaps from before their step.
    private TimeSpan WriteTime() => simulation.Random.Chance(0.2) ? simulation.Random.Between(100, 2000) : simulation.Random.Between(1, 30);

    public void Find(SimulatedCoordinator coordinator, long? notAfter) => simulation.After(simulation.Random.Between(1, 30), () =>
    {
        if (store.IsDown)
        {
            Find(coordinator, notAfter);
            return;
        }

        coordinator.Run((machine, outbox) => machine.OnCheckpointFound(store.Newest(History, notAfter)?.Origin, simulation.Now, outbox));
    });

    public void Completed(CheckpointManifest manifest)
    {
        simulation.Cluster.Outcome.Checkpoints.Add(manifest.Id);
        simulation.After(simulation.Random.Between(0, 200), () =>
        {
            if (!store.IsDown)
            {
                checker.Collected(store.Collect(manifest.Id, History, options.Keep, simulation.Now), store);
            }
        });
    }
}
