using System.Text.Json;
using AtomGrains.Core.Checkpoints;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;

namespace AtomGrains.Node.Checkpoints;

/// <summary>The lineages that a register tells of, for who asks again and again: a record never changes, so each is read once.</summary>
public sealed class RegisterHistory(FileRegister register)
{
    private readonly LineageHistory _history = new(ProtocolRules.Safe);
    private readonly HashSet<Generation> _known = [];

    /// <summary>With the records that there are now.</summary>
    /// <exception cref="IOException">The register cannot be read.</exception>
    /// <exception cref="InvalidDataException">A record of it holds no view.</exception>
    public LineageHistory Read()
    {
        foreach (var generation in register.Generations().Where(generation => !_known.Contains(generation)))
        {
            _history.Add(ViewOf(register, generation));
            _known.Add(generation);
        }

        return _history;
    }

    /// <summary>The view that was recorded as a generation.</summary>
    /// <exception cref="IOException">The register cannot be read.</exception>
    /// <exception cref="InvalidDataException">The record holds no view.</exception>
    public static View ViewOf(FileRegister register, Generation generation)
    {
        try
        {
            return JsonSerializer.Deserialize(register.Read(generation), LocalJson.Default.View) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"record {generation.Value} of the register holds no view: {error.Message}", error);
        }
    }
}
