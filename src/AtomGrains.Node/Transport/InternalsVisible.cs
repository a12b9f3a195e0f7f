using System.Runtime.CompilerServices;

// Tests speak the handshake as a peer would, and then break the frame format on purpose.
[assembly: InternalsVisibleTo("AtomGrains.Node.Tests")]
