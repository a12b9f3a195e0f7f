using System.Text.Json.Serialization;
using AtomGrains.Silo.Children;
using AtomGrains.Silo.Membership;

namespace AtomGrains.Silo;

/// <summary>JSON of a silo's orders, of its children and of the membership table.</summary>
[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SiloOrders))]
[JsonSerializable(typeof(List<MembershipRow>))]
[JsonSerializable(typeof(ChildRecord))]
internal sealed partial class SiloJson : JsonSerializerContext;
