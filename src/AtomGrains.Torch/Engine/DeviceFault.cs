namespace AtomGrains.Torch.Engine;

/// <summary>How an injected device fault shows.</summary>
public enum DeviceFault
{
    /// <summary>The engine throws: an index out of range, which on a GPU leaves the device unusable for the process.</summary>
    Exception,

    /// <summary>The process aborts within a call, as TorchSharp's does on a shape error.</summary>
    Abort,
}
