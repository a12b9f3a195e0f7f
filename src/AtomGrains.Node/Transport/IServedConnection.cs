namespace AtomGrains.Node.Transport;

/// <summary>A proven incoming connection, served on the thread that runs it.</summary>
internal interface IServedConnection
{
    /// <summary>Serves until the connection ends.</summary>
    void Run();

    /// <summary>Closes a connection that never ran.</summary>
    void Abandon();

    /// <summary>Makes a running one end, from any thread.</summary>
    void Close(CloseReason reason);

    /// <summary>Waits for its last event; not when called from inside one.</summary>
    void WaitForEnd();
}
