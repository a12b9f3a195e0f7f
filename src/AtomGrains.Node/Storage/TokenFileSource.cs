using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using AtomGrains.Core.Data;
using AtomGrains.Core.Runs;

namespace AtomGrains.Node.Storage;

/// <summary>
/// Windows of a run folder's token file (<see cref="FileName"/>: little-endian uint16, training tokens first, then
/// validation), read through a memory map that all processes of the machine share.
/// </summary>
public sealed class TokenFileSource : ISampleSource, IDisposable
{
    public const string FileName = "tokens.bin";

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
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

        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
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

    public void Read(long index, Span<long> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Length, TokensPerSample);
        var firstByte = (_firstToken + index * _context) * sizeof(ushort);
        _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(_view.PointerOffset + firstByte), _window.AsSpan());
        for (var place = 0; place < tokens.Length; place++)
        {
            tokens[place] = BitConverter.IsLittleEndian ? _window[place] : BinaryPrimitives.ReverseEndianness(_window[place]);
        }
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
