using System.Buffers.Binary;
using System.Runtime.InteropServices;
using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;
using Microsoft.Win32.SafeHandles;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Windows of a run folder's token file (<see cref="FileName"/>: little-endian uint16, training tokens first, then
/// validation). A window at a time is read into a buffer of its size, so a process holds no more of a dataset than that,
/// however large it is; the system caches what it has memory for, and shares that among all processes.
/// </summary>
public sealed class TokenFileSource : ISampleSource, IDisposable
{
    public const string FileName = "tokens.bin";

    private readonly SafeFileHandle _file;
    private readonly long _firstToken;
    private readonly int _context;
    private readonly ushort[] _window;

    private TokenFileSource(string folder, DataSpec data, int context, long firstToken, long count)
    {
        var path = Path.Combine(folder, FileName);
        var expected = (data.TrainTokens + data.ValidationTokens) * sizeof(ushort);
        var length = new FileInfo(path).Length;
        if (length != expected)
        {
            throw new InvalidDataException($"{path}: has {length} bytes; the run's data has {expected}");
        }

        _file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        _firstToken = firstToken;
        _context = context;
        _window = new ushort[context + 1];
        Count = count;
    }

    public long Count { get; }

    public int TokensPerSample => _context + 1;

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">Its length is not that of the run's data.</exception>
    public static TokenFileSource OpenTraining(string folder, RunSpec spec) =>
        new(folder, spec.Data, spec.Model.Context, 0, spec.Data.TrainSamples);

    /// <inheritdoc cref="OpenTraining"/>
    public static TokenFileSource OpenValidation(string folder, RunSpec spec) =>
        new(folder, spec.Data, spec.Model.Context, spec.Data.TrainTokens, spec.Data.ValidationSamples);

    /// <exception cref="IOException">The file cannot be read any more.</exception>
    public void Read(long index, Span<long> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Length, TokensPerSample);
        Read(index, _window);
        for (var place = 0; place < tokens.Length; place++)
        {
            tokens[place] = _window[place];
        }
    }

    /// <summary>The tokens from a sample's first on, as many as there is room for: a window, or those of a whole range of samples.</summary>
    /// <exception cref="IOException">The file cannot be read any more.</exception>
    public void Read(long index, Span<ushort> tokens)
    {
        var firstByte = (_firstToken + index * _context) * sizeof(ushort);
        if (!FileRange.TryRead(_file, firstByte, MemoryMarshal.AsBytes(tokens)))
        {
            throw new EndOfStreamException($"{FileName} has become shorter");
        }

        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(tokens, tokens);
        }
    }

    public void Dispose()
    {
        _file.Dispose();
    }
}
