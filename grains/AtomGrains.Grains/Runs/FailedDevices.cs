using System.Globalization;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// Devices on which processes of a run failed, and which of them it uses no more. In the run folder, a record a node, since
/// who coordinates may live again elsewhere; failures before this attempt of the run are not counted.
/// </summary>
/// <param name="before">The newest generation when the attempt began.</param>
/// <param name="most">At least 1: so many failures quarantine a device.</param>
internal sealed class FailedDevices(string folder, Generation before, int most)
{
    public const string FolderName = "device-failures";

    private readonly FileRegister _register = new(folder, FolderName);
    private readonly Dictionary<int, int> _failures = [];
    private bool _read;

    /// <summary>How many devices are used no more.</summary>
    public int Quarantined => Failures.Values.Count(failures => failures >= most);

    public bool IsQuarantined(int ordinal) => Failures.GetValueOrDefault(ordinal) >= most;

    /// <summary>Takes down that the device of a node failed.</summary>
    /// <param name="ordinal">Which device of the set of silos it is.</param>
    /// <returns>Whether that was one failure too many.</returns>
    public bool Add(NodeId node, int ordinal)
    {
        var failures = Failures.GetValueOrDefault(ordinal);
        if (!_register.TryCreate(new Generation(node.Value), Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ordinal} {before.Value}"))))
        {
            return false;
        }

        _failures[ordinal] = failures + 1;
        return failures + 1 == most;
    }

    private Dictionary<int, int> Failures
    {
        get
        {
            if (!_read)
            {
                _read = true;
                foreach (var words in _register.Generations().Select(node => Encoding.ASCII.GetString(_register.Read(node)).Split(' ')))
                {
                    if (long.Parse(words[1], CultureInfo.InvariantCulture) == before.Value)
                    {
                        var ordinal = int.Parse(words[0], CultureInfo.InvariantCulture);
                        _failures[ordinal] = _failures.GetValueOrDefault(ordinal) + 1;
                    }
                }
            }

            return _failures;
        }
    }
}
