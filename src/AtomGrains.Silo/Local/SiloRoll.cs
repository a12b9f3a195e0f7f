using System.Text.Json;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;
using AtomGrains.Node.Workers;

namespace AtomGrains.Silo.Local;

/// <summary>
/// <c>silos/NUMBER.json</c>: every silo process that was started for a run. Silos outlive whoever started them for as long as
/// the orphan grace, and go on with the run: a next attempt waits for their end, and for what they leave.
/// </summary>
internal sealed class SiloRoll(string folder)
{
    public const string FolderName = "silos";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    // Beside their grace: for what they write, however busy the machine is.
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(35);

    private readonly FileRegister _register = new(folder, FolderName);

    /// <param name="silo">Null for one that has ended by now.</param>
    public void Add(ProcessIdentity? silo)
    {
        if (silo is not null)
        {
            _register.TryCreate((_register.Newest()?.Generation ?? Generation.None).Next, JsonSerializer.SerializeToUtf8Bytes(silo, SiloJson.Default.ProcessIdentity));
        }
    }

    /// <summary>Waits until no silo of an attempt before lives. One that does not end in time is killed, and one that is paused at the end of its grace; when the run is over, none is waited for.</summary>
    /// <param name="grace">How long silos live once nobody wants them.</param>
    /// <param name="note">Tells a person that it waits.</param>
    /// <returns>False when it was asked to end before.</returns>
    public bool AwaitEnds(TimeSpan grace, Action<string> note, CancellationToken cancellation)
    {
        var former = _register.Generations().Select(number => JsonSerializer.Deserialize(_register.Read(number), SiloJson.Default.ProcessIdentity)!).Where(silo => silo.IsAlive).ToList();
        if (former.Count > 0)
        {
            note($"waits for the end of {former.Count} silos of the attempt before, whose launcher is gone (processes {string.Join(", ", former.Select(silo => silo.Pid))})");
        }

        var graceEnds = DateTimeOffset.UtcNow + grace;
        while (former.Exists(silo => silo.IsAlive) && !cancellation.IsCancellationRequested)
        {
            var late = DateTimeOffset.UtcNow - graceEnds;
            var isOver = File.Exists(Path.Combine(folder, RunEnd.FileName));
            former.FindAll(silo => (isOver || (late > TimeSpan.Zero && (late > LongestEnd || ProcessStat.IsPaused(silo.Pid)))) && silo.IsAlive)
                .ForEach(silo => Signals.Send(silo.Pid, Signals.Kill));

            cancellation.WaitHandle.WaitOne(Look);
        }

        return !former.Exists(silo => silo.IsAlive);
    }
}
