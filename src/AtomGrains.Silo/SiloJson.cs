using System.Text.Json.Serialization;
using AtomGrains.Node.Storage;
using AtomGrains.Silo.Children;
using AtomGrains.Silo.Runs;

namespace AtomGrains.Silo;

/// <summary>JSON of a silo's orders, of its children and of what runs were made with.</summary>
[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(SiloOrders))]
[JsonSerializable(typeof(ChildRecord))]
[JsonSerializable(typeof(KeptRequest))]
[JsonSerializable(typeof(ProcessIdentity))]
internal sealed partial class SiloJson : JsonSerializerContext;
