using AtomGrains.Core.Membership;
using AtomGrains.Core.Runs;

namespace AtomGrains.Core.Protocol.Workers;

/// <summary>
/// Which versions are evaluated, and by whom. An evaluation belongs to the step that starts from the version: that
/// step is not decided before the evaluation is complete, so its parameters are still there if a worker dies.
/// </summary>
public static class EvaluationPlan
{
    public static bool IsDue(long version, RunSpec spec) =>
        version == spec.Steps || (spec.Evaluation.Every > 0 && version > 0 && version % spec.Evaluation.Every == 0);

    public static IEnumerable<int> BatchesOf(NodeId node, View view, RunSpec spec)
    {
        var index = view.Workers.ToList().IndexOf(node);
        return index < 0 ? [] : Enumerable.Range(0, spec.Evaluation.Batches).Where(batch => batch % view.Workers.Count == index);
    }
}
