using System.Text.Json.Serialization;
using AtomGrains.Node.Workers;

namespace AtomGrains.Local;

/// <summary>JSON of what a node process is told on its standard input.</summary>
[JsonSerializable(typeof(NodeAssignment))]
internal sealed partial class AssignmentJson : JsonSerializerContext;
