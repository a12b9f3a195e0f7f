namespace AtomGrains.Node.Transport;

/// <summary>Tensor connections carry frames one way; two nodes that talk to each other have one of each.</summary>
public enum LinkDirection
{
    /// <summary>The other node dialled us; its frames arrive here.</summary>
    Incoming,

    /// <summary>We dialled the other node; our frames leave here.</summary>
    Outgoing,
}
