using System.Text.Json.Serialization;
using AtomGrains.Silo.Children;

namespace AtomGrains.Silo;

/// <summary>JSON of a silo's orders and of its children.</summary>
[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SiloOrders))]
[JsonSerializable(typeof(ChildRecord))]
internal sealed partial class SiloJson : JsonSerializerContext;
