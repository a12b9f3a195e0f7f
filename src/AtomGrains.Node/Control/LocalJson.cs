using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AtomGrains.Core.Membership;
using AtomGrains.Core.Protocol.Messages;

namespace AtomGrains.Node.Control;

/// <summary>
/// The JSON of the local control channel. Which types may arrive is closed and named here; Core's records carry no
/// attributes of a wire. Numbers survive bit for bit: shortest round-trip digits, and names for what is not finite.
/// </summary>
[JsonSourceGenerationOptions(
    IgnoreReadOnlyProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LocalMessage))]
[JsonSerializable(typeof(ProtocolMessage))]
[JsonSerializable(typeof(FaultStrikes))]
[JsonSerializable(typeof(NodeFailed))]
[JsonSerializable(typeof(LinkLost))]
[JsonSerializable(typeof(LeaveBehind))]
[JsonSerializable(typeof(ControlMessage))]
[JsonSerializable(typeof(Introduce))]
[JsonSerializable(typeof(AdoptView))]
[JsonSerializable(typeof(Decide))]
[JsonSerializable(typeof(Dismiss))]
[JsonSerializable(typeof(ReturnToStep))]
[JsonSerializable(typeof(SayWhatYouWaitFor))]
[JsonSerializable(typeof(WaitsFor))]
[JsonSerializable(typeof(ExportWeights))]
[JsonSerializable(typeof(NodeReady))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(Adopted))]
[JsonSerializable(typeof(Sealed))]
[JsonSerializable(typeof(JoinerInSync))]
[JsonSerializable(typeof(ReplicasDiffer))]
[JsonSerializable(typeof(LaneDisputed))]
[JsonSerializable(typeof(BatchEvaluated))]
[JsonSerializable(typeof(WeightsExported))]
[JsonSerializable(typeof(LeaveRequested))]
[JsonSerializable(typeof(ViewWanted))]
[JsonSerializable(typeof(StepTimed))]
[JsonSerializable(typeof(LanesNotFinite))]
[JsonSerializable(typeof(SliceStored))]
[JsonSerializable(typeof(SliceNotStored))]
[JsonSerializable(typeof(View))]
public sealed partial class LocalJson : JsonSerializerContext
{
    private static Type[] Local => [typeof(ProtocolMessage), typeof(FaultStrikes), typeof(NodeFailed), typeof(LinkLost), typeof(LeaveBehind)];

    private static Type[] Protocol =>
    [
        typeof(Introduce), typeof(AdoptView), typeof(Decide), typeof(Dismiss), typeof(ReturnToStep), typeof(ExportWeights),
        typeof(NodeReady), typeof(Heartbeat), typeof(Adopted), typeof(Sealed), typeof(JoinerInSync), typeof(BatchEvaluated),
        typeof(WeightsExported), typeof(LeaveRequested), typeof(ViewWanted), typeof(StepTimed), typeof(SayWhatYouWaitFor), typeof(WaitsFor),
        typeof(LanesNotFinite), typeof(ReplicasDiffer), typeof(LaneDisputed),
        typeof(SliceStored), typeof(SliceNotStored),
    ];

    /// <summary>The contract of the channel.</summary>
    public static JsonTypeInfo<LocalMessage> Contract => field ??= Create();

    private static JsonTypeInfo<LocalMessage> Create()
    {
        var options = new JsonSerializerOptions(Default.Options)
        {
            TypeInfoResolver = Default.WithAddedModifier(info =>
            {
                if (info.Type == typeof(LocalMessage) || info.Type == typeof(ControlMessage))
                {
                    info.PolymorphismOptions = Named(info.Type == typeof(LocalMessage) ? Local : Protocol);
                }
            }),
        };
        return (JsonTypeInfo<LocalMessage>)options.GetTypeInfo(typeof(LocalMessage));
    }

    private static JsonPolymorphismOptions Named(Type[] types)
    {
        var named = new JsonPolymorphismOptions { UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization };
        foreach (var type in types)
        {
            named.DerivedTypes.Add(new JsonDerivedType(type, type.Name));
        }

        return named;
    }
}
