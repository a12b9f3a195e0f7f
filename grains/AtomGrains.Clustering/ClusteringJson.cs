using System.Text.Json.Serialization;

namespace AtomGrains.Clustering;

/// <summary>JSON of the membership table in a folder.</summary>
[JsonSerializable(typeof(List<MembershipRow>))]
internal sealed partial class ClusteringJson : JsonSerializerContext;
