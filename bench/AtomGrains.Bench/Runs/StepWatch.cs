using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Runs;

/// <summary>
/// Follows a run's metrics file from outside and stamps each line as it appears, with a clock of its own: what a run
/// says of its own durations is not what it is judged by. A line waits for its root and appears at the moment at which the
/// step after it is decided; so a step's stamp is the one of the line before its own.
/// </summary>
internal sealed class StepWatch : IDisposable
{
    // Resolution of the stamps. Five hundred looks a second took 2.8 % of a core on a machine with two busy ones.
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Seldom = TimeSpan.FromMilliseconds(25);

    private readonly string _path;
    private readonly List<ObservedStep> _steps = [];
    private readonly MemoryStream _line = new();
    private long? _lastLine;
    private volatile bool _looksSeldom;
    private volatile bool _stop;

    public StepWatch(string path)
    {
        _path = path;
        new Thread(Follow) { IsBackground = true, Name = "step watch" }.Start();
    }

    public IReadOnlyList<ObservedStep> Steps
    {
        get
        {
            lock (_steps)
            {
                return [.. _steps];
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_steps)
            {
                return _steps.Count;
            }
        }
    }

    /// <summary>For figures over many steps, which the looking itself would change more than a stamp that is late.</summary>
    public void LookSeldom() => _looksSeldom = true;

    public void Dispose() => _stop = true;

    private void Follow()
    {
        while (!_stop && !File.Exists(_path))
        {
            Thread.Sleep(_looksSeldom ? Seldom : Often);
        }

        if (_stop)
        {
            return;
        }

        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var buffer = new byte[4096];
        while (!_stop)
        {
            for (var length = file.Read(buffer); length > 0; length = file.Read(buffer))
            {
                Take(buffer.AsSpan(0, length), Stopwatch.GetTimestamp());
            }

            Thread.Sleep(_looksSeldom ? Seldom : Often);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, long now)
    {
        foreach (var value in bytes)
        {
            if (value != '\n')
            {
                _line.WriteByte(value);
                continue;
            }

            var line = JsonSerializer.Deserialize(_line.GetBuffer().AsSpan(0, (int)_line.Length), StorageJson.Default.MetricsLine)!;
            _line.SetLength(0);
            lock (_steps)
            {
                _steps.Add(new ObservedStep(line, _lastLine ?? now));
                _lastLine = now;
            }
        }
    }
}
