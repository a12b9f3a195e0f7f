using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Simulator;

/// <summary>What a host does: carries out the machines' effects, in order, and shows everything to the checker.</summary>
internal sealed class EffectCarrier(
    Simulation simulation, SimulatedCluster cluster, InvariantChecker checker, SimulatedRegister register, CheckpointCarrier checkpoints, CheckpointChecker history, BitFlipper flipper, LeaseChecker leases)
{
    private readonly SimulatedJournal _journal = new(simulation, history);

    /// <summary>A coordinator's process has ended.</summary>
    public void Ended(SimulatedCoordinator coordinator) => _journal.Ended(coordinator);

    public void CarryOut(SimulatedNode node, Outbox outbox)
    {
        checker.Check(node.Id, node.Machine, outbox);
        flipper.Look(node);
        foreach (var effect in outbox.Effects)
        {
            switch (effect)
            {
                case SendToNode { Message: TensorMessage message } send:
                    var copy = Copy(message);
                    simulation.Network.Send(node.Id, send.To, () => Deliver(node.Id, send.To, copy));
                    break;
                case SendToCoordinator send:
                    Report(node, send.Message, outbox);
                    break;
                case LoadParameters load:
                    checker.Loaded(node.Id, load.Key, load.Flat);
                    node.Load(load);
                    break;
                case ComputeLanes compute:
                    node.Compute(compute);
                    break;
                case EvaluateBatches evaluate:
                    node.Evaluate(evaluate);
                    break;
                case CancelCompute:
                    node.Cancel();
                    break;
                case WriteWeights write:
                    Write(node, write);
                    break;
                case StoreSlice slice:
                    checkpoints.Store(node, slice);
                    break;
                case LoadSlice load:
                    checkpoints.Load(node, load);
                    break;
                case HoldShards:
                    break;
                case ReadSamples read:
                    leases.Reads(node.Id, read);
                    simulation.After(simulation.Random.Between(0, 3), () => node.Run((machine, reply) => machine.OnSamplesRead(read, node.Samples.Read(read.Samples), reply)));
                    break;
                case KeepSamples keep:
                    node.Samples.Keep(keep);
                    break;
                case DeliverSamples deliver:
                    node.Samples.Deliver(deliver);
                    break;
                case EndNode:
                    cluster.End(node);
                    break;
                default:
                    throw new InvalidOperationException($"{effect.GetType().Name} is not a node's effect");
            }
        }
    }

    public void CarryOut(SimulatedCoordinator coordinator, Outbox outbox)
    {
        foreach (var effect in outbox.Effects)
        {
            switch (effect)
            {
                case SendToNode { Message: ControlMessage message } send:
                    if (message is Decide decide)
                    {
                        _journal.Sends(decide.Decision);
                    }

                    simulation.Network.Send(null, send.To, () => Deliver(send.To, message));
                    break;
                case RecordView record:
                    Record(coordinator, record.View);
                    break;
                case StepDecided decided:
                    checker.Decided(decided.Decision);
                    _journal.Append(coordinator, decided.Decision);
                    cluster.Outcome.Skipped += decided.Decision.Kind == DecisionKind.Skip ? 1 : 0;
                    break;
                case DecisionRecalled recalled:
                    checker.Recalled(recalled.Decision);
                    _journal.Append(coordinator, recalled.Decision);
                    break;
                case ViewInstalled installed:
                    checker.Installed(installed.View, installed.Step, id => cluster.Find(id) is { IsAlive: true } node ? node.Machine : null);
                    cluster.Outcome.Lineages.Add(installed.View.Lineage);
                    if (installed.View.Origin is not null)
                    {
                        cluster.Outcome.Restored.Add(installed.View.Lineage);
                    }

                    break;
                case MemberLost:
                    simulation.After(simulation.Random.Between(50, 400), cluster.KeepNodes);
                    break;
                case WriteManifest write:
                    // The lines of the steps before a checkpoint are on the disk before its manifest is.
                    _journal.Complete(coordinator);
                    checkpoints.Write(coordinator, write.Manifest);
                    break;
                case CheckpointCompleted completed:
                    checkpoints.Completed(completed.Manifest);
                    break;
                case FindCheckpoint find:
                    checkpoints.Find(coordinator, find.NotAfter);
                    break;
                case RunFinished:
                    _journal.Complete(coordinator);
                    _journal.IsWhole(cluster.Outcome.FinalLineage, cluster.Steps);
                    cluster.Outcome.IsFinished = true;
                    break;
                case Superseded:
                    coordinator.End();
                    if (coordinator == cluster.Coordinator)
                    {
                        simulation.After(simulation.Random.Between(10, 500), cluster.StartCoordinator);
                    }

                    break;
                case RunStopped stopped:
                    checker.Stopped(stopped.Reason);
                    cluster.Outcome.Stopped = stopped.Reason;
                    break;
                case VersionProven proven:
                    checker.Proven(proven);
                    break;
                case WrongBitsFound found:
                    cluster.Audits.WrongBitsFound(found);
                    cluster.Quarantine(found);
                    break;
                case AuditsNotPossible or Evaluated or Waiting or MemberReady or RolledBack or ReplicasDiffered:
                    break;
                default:
                    throw new InvalidOperationException($"{effect.GetType().Name} is not a coordinator's effect");
            }
        }
    }

    private void Report(SimulatedNode node, ControlMessage message, Outbox outbox)
    {
        if (message is JoinerInSync inSync)
        {
            var sentAfter = outbox.Effects.SkipWhile(effect => (effect as SendToCoordinator)?.Message != message)
                .Any(effect => effect is SendToNode { Message: Reduced reduced } send && send.To == inSync.Joiner && reduced.Partition == inSync.Partition);
            checker.JoinerReported(inSync, node.Machine, cluster.Find(inSync.Joiner) is { IsAlive: true } joiner ? joiner.Machine : null, sentAfter);
        }

        if (message is LaneDisputed disputed)
        {
            cluster.Audits.Reported(node.Id, disputed, id => cluster.Find(id)?.Member);
        }

        simulation.Network.Send(node.Id, null, () => cluster.Coordinator.Run((machine, reply) => machine.HandleMessage(node.Id, message, simulation.Now, reply)));
    }

    private void Write(SimulatedNode node, WriteWeights write)
    {
        var digest = SliceDigest.Of(write.Flat).Value;
        simulation.After(TimeSpan.FromMilliseconds(5), () => node.Run((machine, reply) =>
        {
            cluster.Outcome.WeightsDigest = digest;
            cluster.Outcome.FinalLineage = write.Key.Lineage;
            machine.OnWeightsWritten(write.Key, digest.ToString("x16"), reply);
        }));
    }

    private void Record(SimulatedCoordinator coordinator, View view) => simulation.After(simulation.Random.Between(1, 8), () =>
    {
        var before = register.Newest;
        if (register.TryCreate(view))
        {
            checker.Recorded(view, before);
            simulation.After(simulation.Random.Between(0, 2), () => coordinator.Run((machine, outbox) => machine.OnViewRecorded(view.Generation, simulation.Now, outbox)));
        }
        else
        {
            coordinator.Run((machine, outbox) => machine.OnRecordRefused(view.Generation, outbox));
        }
    });

    private void Deliver(NodeId from, NodeId to, TensorMessage message) => cluster.Find(to)?.Run((machine, outbox) =>
        InvariantChecker.Deliver(to, machine, message, () => machine.HandleTensor(from, message, outbox)));

    private void Deliver(NodeId to, ControlMessage message) => cluster.Find(to)?.Run((machine, outbox) =>
    {
        if (message is AdoptView adopt)
        {
            checker.Told(adopt.View);
        }

        machine.HandleControl(message, outbox);
    });

    // A sender's buffers are its own again after the event: what travels is a copy.
    private static TensorMessage Copy(TensorMessage message) => message is SliceMessage slice ? slice.Copy() : message;
}
