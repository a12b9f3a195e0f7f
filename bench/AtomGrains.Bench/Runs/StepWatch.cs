using System.Diagnostics;
using System.Text.Json;
using AtomGrains.Node.Storage;

namespace AtomGrains.Bench.Runs;

/// <summary>
/// Follows a run's metrics file from outside and stamps each line as it appears, with a clock of its own: what a run
/// says of its own durations is not what it is judged by.
/// </summary>
internal sealed class StepWatch : IDisposable
{
    // Resolution of the stamps. Looking costs some microseconds, so this takes well below a hundredth of a core.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2);

    private readonly string _path;
    private readonly List<ObservedStep> _steps = [];
    private readonly MemoryStream _line = new();
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

    public void Dispose() => _stop = true;

    private void Follow()
    {
        while (!_stop && !File.Exists(_path))
        {
            Thread.Sleep(LookEvery);
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

            Thread.Sleep(LookEvery);
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
                _steps.Add(new ObservedStep(line, now));
            }
        }
    }
}
