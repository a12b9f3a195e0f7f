using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Storage;

namespace AtomGrains.Local;

/// <summary>What a person or a bench may want to hear of a run while it goes; called on the supervisor's thread.</summary>
public interface IRunObserver
{
    void OnStep(Decision decision, Generation generation, int workers, double tokensPerSecond);

    void OnEvaluated(long version, double loss);

    void OnNote(string text);

    void OnFault(FaultLine line);
}
