using System.Text.Json.Serialization;
using AtomGrains.Silo.Membership;

namespace AtomGrains.Silo;

/// <summary>JSON of a silo's orders and of the membership table.</summary>
[JsonSourceGenerationOptions(IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(SiloOrders))]
[JsonSerializable(typeof(List<MembershipRow>))]
internal sealed partial class SiloJson : JsonSerializerContext;
