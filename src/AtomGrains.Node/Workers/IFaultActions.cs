using AtomGrains.Core.Options;

namespace AtomGrains.Node.Workers;

/// <summary>Does to this process what a fault does.</summary>
internal interface IFaultActions
{
    void Strike(FaultKind kind);
}
