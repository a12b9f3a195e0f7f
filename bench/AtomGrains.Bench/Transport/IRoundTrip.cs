namespace AtomGrains.Bench.Transport;

/// <summary>A way to carry float32 payloads to the child process.</summary>
internal interface IRoundTrip : IDisposable
{
    /// <summary>Connects and warms up with this payload.</summary>
    void Prepare(float[] payload, bool echo);

    /// <summary>Sends the payload and waits until it came back.</summary>
    void RoundTrip();

    /// <summary>Sends the payload this many times, and waits for the child's word that it has them all.</summary>
    void Stream(int count);
}
