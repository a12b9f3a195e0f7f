using Microsoft.Extensions.Logging;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Counts what run grains say of themselves.</summary>
internal sealed class CoordinatorLog : ILoggerProvider, ILogger
{
    private int _superseded;
    private int _steppedDown;

    /// <summary>Coordinators that stopped since another one had taken a generation.</summary>
    public int Superseded => _superseded;

    /// <summary>Coordinators that left the run to another one, since they could not carry out a turn.</summary>
    public int SteppedDown => _steppedDown;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        if (text.Contains("another coordinator has taken", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _superseded);
        }

        if (text.Contains("its coordinator steps down", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _steppedDown);
        }
    }

    public void Dispose()
    {
    }
}
