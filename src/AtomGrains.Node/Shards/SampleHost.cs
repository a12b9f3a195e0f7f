using AtomGrains.Core.Data;
using AtomGrains.Core.Protocol.Effects;
using AtomGrains.Core.Runs;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Node.Shards;

/// <summary>
/// A node's hands in the dataset: a thread that reads what the node holds the lease of, and the samples that its step loop
/// has been sent by other holders. The step loop never waits long for them: the file is there for everybody, and is where
/// it reads what has not come in time, such as in the moment after a holder's death.
/// </summary>
public sealed class SampleHost : ISampleSource, IDisposable
{
    // A message's way on a busy machine. After one wait in vain there is no other before something comes again.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    // Of other nodes' questions. Each is as large as a frame's head at the most, and whoever is not answered has the file.
    private const int MostWaiting = 1024;

    private readonly TokenFileSource _file;
    private readonly TokenFileSource _ofCache;
    private readonly ShardCache _cache;
    private readonly object _gate = new();
    private readonly Dictionary<long, ushort[]> _delivered = [];
    private readonly EventQueue _work = new();
    private IReadOnlySet<long> _expected = new HashSet<long>();
    private Action<ReadSamples, ReadOnlyMemory<ushort>> _answer = (_, _) => { };
    private bool _isPatient = true;
    private int _waiting;
    private long _fromHolders;
    private long _fromFile;

    /// <param name="folder">Holds the tokens.</param>
    /// <exception cref="IOException">They cannot be read.</exception>
    public SampleHost(string folder, RunSpec spec, long cacheBytes)
    {
        _file = TokenFileSource.OpenTraining(folder, spec);
        _ofCache = TokenFileSource.OpenTraining(folder, spec);
        _cache = new ShardCache(_ofCache, new ShardLayout(spec), cacheBytes);
        new Thread(Work) { IsBackground = true, Name = "shards" }.Start();
    }

    public long Count => _file.Count;

    public int TokensPerSample => _file.TokensPerSample;

    /// <summary>Samples that the step loop was sent in time.</summary>
    public long FromHolders => Interlocked.Read(ref _fromHolders);

    /// <summary>Samples that it has read from the file itself.</summary>
    public long FromFile => Interlocked.Read(ref _fromFile);

    /// <param name="answer">Told what was read for whom; on this host's own thread.</param>
    public void AnswerTo(Action<ReadSamples, ReadOnlyMemory<ushort>> answer) => _answer = answer;

    public void Hold(HoldShards hold) => _work.Post(() => _cache.Hold(hold.Shards));

    /// <summary>Answers later, or never: when too much waits already, or the file cannot be read.</summary>
    public void Read(ReadSamples read)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return;
        }

        _work.Post(() =>
        {
            ReadNow(read);
            Interlocked.Decrement(ref _waiting);
        });
    }

    public void Keep(KeepSamples keep)
    {
        lock (_gate)
        {
            _expected = keep.Samples;
            foreach (var sample in _delivered.Keys.Where(sample => !_expected.Contains(sample)).ToList())
            {
                _delivered.Remove(sample);
            }
        }
    }

    public void Deliver(DeliverSamples deliver)
    {
        lock (_gate)
        {
            for (var i = 0; i < deliver.Samples.Count; i++)
            {
                if (_expected.Contains(deliver.Samples[i]))
                {
                    _delivered[deliver.Samples[i]] = deliver.Tokens.Slice(i * TokensPerSample, TokensPerSample).ToArray();
                }
            }

            _isPatient = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>On the step loop's thread.</summary>
    /// <exception cref="IOException">The file cannot be read any more.</exception>
    public void Read(long index, Span<long> tokens)
    {
        if (Await(index) is not { } sample)
        {
            Interlocked.Increment(ref _fromFile);
            _file.Read(index, tokens);
            return;
        }

        Interlocked.Increment(ref _fromHolders);
        for (var place = 0; place < tokens.Length; place++)
        {
            tokens[place] = sample[place];
        }
    }

    /// <summary>Nothing is read for others any more. The step loop may be in the middle of a lane: its file stays open until it is collected.</summary>
    public void Dispose() => _work.Close();

    private void ReadNow(ReadSamples read)
    {
        var tokens = new ushort[read.Samples.Count * TokensPerSample];
        try
        {
            for (var i = 0; i < read.Samples.Count; i++)
            {
                _cache.Read(read.Samples[i], tokens.AsSpan(i * TokensPerSample, TokensPerSample));
            }
        }
        catch (IOException)
        {
            // Not answered: whoever wants them reads the file itself, and hears there what is wrong with it.
            return;
        }

        _answer(read, tokens);
    }

    private ushort[]? Await(long index)
    {
        lock (_gate)
        {
            var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
            while (!_delivered.ContainsKey(index) && _isPatient && _expected.Contains(index))
            {
                _isPatient = until - Environment.TickCount64 is > 0 and var left && (Monitor.Wait(_gate, (int)left) || _delivered.ContainsKey(index));
            }

            return _delivered.GetValueOrDefault(index);
        }
    }

    private void Work()
    {
        _work.Run();
        _ofCache.Dispose();
    }
}
