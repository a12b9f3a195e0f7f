using System.Text;
using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Control;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// Takes generations for one coordinator, from a register that may be away for a while. A try that failed may have been
/// carried out all the same, and another coordinator may want a view just like this one: each record carries a mark of who
/// wrote it, so that a generation is never taken for one's own because the views are alike.
/// </summary>
internal sealed class ViewRecorder(FileRegister register)
{
    private const string Mark = "RecordedBy";

    // A volume that is full or away is asked no more often than this.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly string _self = Guid.NewGuid().ToString("N");
    private TimeSpan? _failedAt;

    /// <summary>Why the last try told nothing; null when it did.</summary>
    public string? Trouble { get; private set; }

    /// <returns>Whether the generation is this coordinator's; null while the register cannot tell: to be asked again.</returns>
    public bool? TryTake(View view, TimeSpan now)
    {
        if (now - _failedAt < Pause)
        {
            return null;
        }

        try
        {
            var record = RecordOf(view);
            var isOurs = register.TryCreate(view.Generation, record) || register.Read(view.Generation).AsSpan().SequenceEqual(record);
            (_failedAt, Trouble) = (null, null);
            return isOurs;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            (_failedAt, Trouble) = (now, error.Message);
            return null;
        }
    }

    private byte[] RecordOf(View view)
    {
        var record = JsonSerializer.SerializeToNode(view, LocalJson.Default.View)!.AsObject();
        record[Mark] = _self;
        return Encoding.UTF8.GetBytes(record.ToJsonString());
    }
}
