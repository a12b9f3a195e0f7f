using System.Collections.Immutable;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Parameters;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Protocol.Messages;
using AtomGrains.Core.Protocol.Workers;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Coordination;

/// <summary>How a step is decided, and how the run ends (PROTOCOL R3).</summary>
public sealed partial class Coordinator
{
    private StepKey EvaluationKey(View view) => new(view.Lineage, _step, _last?.Digest ?? DecisionDigest.Genesis(view.Lineage));

    private void OnSealed(Sealed message)
    {
        if (_view is not { } view || !rules.IsCurrent(message.Generation, view.Generation) || message.Lineage != view.Lineage)
        {
            return;
        }

        foreach (var seal in message.Seals)
        {
            _tally.Add(seal);
        }
    }

    private void OnEvaluated(BatchEvaluated evaluated)
    {
        if (evaluated.Key.Lineage != _view?.Lineage || evaluated.Key.Step < _step)
        {
            return;
        }

        if (!_evaluations.TryGetValue(evaluated.Key, out var batches))
        {
            _evaluations[evaluated.Key] = batches = [];
        }

        batches[evaluated.Batch] = evaluated.Loss;
    }

    private void TryDecide(View view, TimeSpan now, Outbox outbox)
    {
        while (_step < spec.Steps && _recording is null && _tally.IsComplete(_step, spec.Partitions))
        {
            if (_again is { } again)
            {
                _again = null;
                SendDecision(again, now, outbox);
                continue;
            }

            Prove(view, outbox);
            WriteManifests(_step, outbox);
            if (_stopping is not null || !EvaluationIsComplete(outbox))
            {
                return;
            }

            var decision = DecisionMaker.Decide(spec, layout, view.Lineage, _step, _last, _tally.Seals, view.Origin);
            if (_tally.Seals.Any(seal => seal.Previous != decision.Previous))
            {
                throw new ProtocolViolationException($"step {_step} was sealed by partitions of different histories");
            }

            if (decision.Kind == DecisionKind.Skip && WaitsForNames(decision, now))
            {
                return;
            }

            decision = decision with { Snapshot = WantsCheckpoint(_step + 1, now) };
            _audits.Decided(view, _step, _stepDisturbed);
            outbox.Add(new StepDecided(decision, view.Generation, decision.Kind == DecisionKind.Skip ? Skipped(decision) : null));
            if (decision.SkipsInRow >= options.MaximumSkipsInRow)
            {
                // Undecided by the partitions, so that a resume begins with it.
                StopWithCheckpoint(TooManySkips(decision), now, outbox);
                return;
            }

            if (WantsChange(view))
            {
                Propose(decision, now, outbox);
                if (_recording is not null)
                {
                    return;
                }
            }

            SendDecision(decision, now, outbox);
        }

        if (_step == spec.Steps && _tally.IsComplete(_step, spec.Partitions))
        {
            Prove(view, outbox);
            WriteManifests(_step, outbox);
            Finish(view, outbox);
        }
    }

    // The seals of a step prove the version that it was computed on. Where some partition has passed it, that was proven
    // before it did.
    private void Prove(View view, Outbox outbox)
    {
        if (_proven >= _step || _tally.Seals.Count < spec.Partitions || !_tally.Seals.All(seal => seal.Step == _step && seal.Proof is not null))
        {
            return;
        }

        _proven = _step;
        var proofs = _tally.Seals.OrderBy(seal => seal.Partition).Select(seal => (Range: layout.Partitions[seal.Partition.Value], Proof: seal.Proof!)).ToList();
        var root = BlockTree.Root(proofs.SelectMany(entry => entry.Proof.SubtreesOf(entry.Range)).ToDictionary(), layout.Blocks);
        var leaves = proofs.All(entry => entry.Proof.Leaves is not null) ? proofs.SelectMany(entry => Convert.FromBase64String(entry.Proof.Leaves!)).ToArray() : null;
        outbox.Add(new VersionProven(view.Lineage, _step, root, leaves));
    }

    private void SendDecision(Decision decision, TimeSpan now, Outbox outbox, bool viewFollows = false)
    {
        foreach (var member in _view!.Members)
        {
            outbox.Send(member.Node, new Decide(_view.Generation, decision, viewFollows));
        }

        if (!_stepDisturbed && !EvaluationPlan.IsDue(decision.Step, spec))
        {
            _pace.Took(now - _stepBegan);
        }

        _stepBegan = now;
        _stepDisturbed = false;
        _late = null;
        _last = decision;
        _step = decision.Step + 1;
        _tally.Next(_step);
        (_undecided, _undecidedSince) = (null, null);
        ForgetSkipsBefore(_step);
        ForgetDeathsOf(decision.Step);
        if (decision.Step >= _furthest)
        {
            (_furthest, _viewsWithoutStep) = (_step, 0);
        }

        foreach (var key in _evaluations.Keys.Where(key => key.Step < _step).ToList())
        {
            _evaluations.Remove(key);
        }

        _progress = now;
    }

    private bool EvaluationIsComplete(Outbox outbox)
    {
        if (!EvaluationPlan.IsDue(_step, spec) || spec.Evaluation.Batches == 0)
        {
            return true;
        }

        if (!_evaluations.TryGetValue(EvaluationKey(_view!), out var batches) || batches.Count < spec.Evaluation.Batches)
        {
            return false;
        }

        if (_evaluated != EvaluationKey(_view!))
        {
            _evaluated = EvaluationKey(_view!);
            _validationLoss = batches.Values.Sum() / batches.Count;
            outbox.Add(new Evaluated(_step, _validationLoss));
        }

        return true;
    }

    private void Finish(View view, Outbox outbox)
    {
        if (_evaluatedFinal || !EvaluationIsComplete(outbox))
        {
            return;
        }

        _evaluatedFinal = true;
        AskForExport(view, outbox);
    }

    private void AskForExport(View view, Outbox outbox) =>
        outbox.Send(view.Workers[0], new ExportWeights(view.Generation, view.Lineage, spec.Steps));

    private void OnExported(WeightsExported exported, Outbox outbox)
    {
        if (_over || exported.Lineage != _view?.Lineage || exported.Version != spec.Steps)
        {
            return;
        }

        _over = true;
        outbox.Add(new RunFinished(exported.Sha256, _validationLoss));
        foreach (var (id, node) in _nodes)
        {
            if (node.Standing == NodeStanding.Alive)
            {
                outbox.Send(id, new Dismiss(_newest, DismissReason.Finished));
            }
        }
    }
}
