using System.Globalization;
using System.Text;
using AtomGrains.Core.Membership;
using AtomGrains.Node.Storage;

namespace AtomGrains.Grains.Runs;

/// <summary>
/// The node ids of a run, given once each whoever coordinates: an id that was fenced can never become valid again. Each
/// is kept with its place, for a successor that has to know whose nodes a dead silo takes along.
/// </summary>
internal sealed class NodeNumbers(string folder)
{
    public const string FolderName = "nodes";

    private readonly FileRegister _register = new(folder, FolderName);

    public int Given => _register.Generations().Count;

    public NodeId Take(string silo, int? child)
    {
        var place = Encoding.ASCII.GetBytes(child is null ? silo : string.Create(CultureInfo.InvariantCulture, $"{silo} {child}"));
        var number = _register.Newest()?.Generation ?? Generation.None;
        do
        {
            number = number.Next;
        }
        while (!_register.TryCreate(number, place));
        return new NodeId((int)number.Value);
    }

    /// <summary>The seats of these nodes, as far as they were given here.</summary>
    public IEnumerable<(NodeId Node, Seat Seat)> Recall(IEnumerable<Member> members, TimeSpan now)
    {
        var numbers = _register.Generations().ToHashSet();
        foreach (var member in members.Where(member => numbers.Contains(NumberOf(member))))
        {
            var words = Encoding.ASCII.GetString(_register.Read(NumberOf(member))).Split(' ');
            int? child = words.Length > 1 ? int.Parse(words[1], CultureInfo.InvariantCulture) : null;
            yield return (member.Node, new Seat(member.Slot, words[0], now, child));
        }
    }

    private static Generation NumberOf(Member member) => new(member.Node.Value);
}
