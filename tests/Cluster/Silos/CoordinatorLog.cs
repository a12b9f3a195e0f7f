using Microsoft.Extensions.Logging;

namespace AtomGrains.Cluster.Tests.Silos;

/// <summary>Counts what run grains say of themselves.</summary>
internal sealed class CoordinatorLog : ILoggerProvider, ILogger
{
    private int _superseded;

    /// <summary>Coordinators that stopped since another one had taken a generation.</summary>
    public int Superseded => _superseded;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (formatter(state, exception).Contains("another coordinator has taken", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _superseded);
        }
    }

    public void Dispose()
    {
    }
}
