using System.Globalization;
using System.Reflection;
using AtomGrains.Core.Protocol;
using AtomGrains.Grains;
using AtomGrains.Grains.Wire;
using MessagePack;

namespace AtomGrains.Cluster.Tests.Wire;

/// <summary>
/// The wire contract as it was released: records, keys and types by name, what numbers stand for, and the
/// grains' methods. A change that this test finds is either an
/// addition, and goes into the file, or a new version of the contract.
/// </summary>
public sealed class WireContractTests
{
    [Fact]
    public void TheWireContractIsTheOneOnRecord()
    {
        using var stream = typeof(WireContractTests).Assembly.GetManifestResourceStream("wire-contract.txt")!;
        using var reader = new StreamReader(stream);
        Assert.Equal(reader.ReadToEnd().ReplaceLineEndings("\n").TrimEnd().Split('\n'), Contract());
    }

    [Fact]
    public void EveryKeyOfARecordIsItsOwn()
    {
        foreach (var record in Records())
        {
            var keys = Keys(record).Select(entry => entry.Key).ToList();
            Assert.Equal(Enumerable.Range(0, keys.Count), keys);
        }
    }

    // MessagePack does not know the defaults of parameters.
    [Fact]
    public void WhatAnOlderSenderLeavesOutIsWhatItsDefaultSays() => Assert.All(
        Records().SelectMany(record => record.GetConstructors()).SelectMany(constructor => constructor.GetParameters()).Where(parameter => parameter.HasDefaultValue),
        parameter => Assert.True(parameter.DefaultValue is null or 0 or 0L or 0.0 or false, $"{parameter.Member.DeclaringType!.Name} {parameter.Name}"));

    // A silo that was built before they had this field leaves it out.
    [Fact]
    public void ASiloThatDoesNotSayItsVersionSpeaksTheFirstOne()
    {
        var options = MessagePackSerializerOptions.Standard;
        Assert.Equal(1, MessagePackSerializer.Deserialize<NodeExit>(MessagePackSerializer.Serialize(new object?[] { 7, "kill", null }, options), options).Version);
        Assert.Equal(1, MessagePackSerializer.Deserialize<DeviceOffer>(MessagePackSerializer.Serialize(new object?[] { "silo", "host", 0, "cpu", 1L, "program" }, options), options).Version);
        Assert.Equal(WireContract.Version + 1, MessagePackSerializer.Deserialize<NodeExit>(MessagePackSerializer.Serialize(new NodeExit(7, "kill", null, null, WireContract.Version + 1), options), options).Version);
    }

    // The weights of a run that is over, in small pieces, for who does not see its folder: nobody trains by them.
    [Fact]
    public void NoRecordCarriesATensor() => Assert.DoesNotContain(
        Records().Where(record => record != typeof(WeightsPiece)).SelectMany(Keys), entry => CouldCarryATensor(entry.Property.PropertyType));

    [Theory]
    [InlineData(typeof(byte[]))]
    [InlineData(typeof(float[][]))]
    [InlineData(typeof(ReadOnlyMemory<float>))]
    [InlineData(typeof(Memory<byte>?))]
    [InlineData(typeof(IReadOnlyList<float>))]
    [InlineData(typeof(IReadOnlyList<double>))]
    [InlineData(typeof(IReadOnlyList<IReadOnlyList<int>>))]
    [InlineData(typeof(IReadOnlyDictionary<int, float>))]
    [InlineData(typeof(Stream))]
    [InlineData(typeof(object))]
    public void ATypeThatCouldCarryATensorIsFound(Type type) => Assert.True(CouldCarryATensor(type));

    private static IReadOnlyList<string> Contract() =>
    [
        $"version {WireContract.Version}",
        .. typeof(WireControl).GetCustomAttributes<UnionAttribute>().OrderBy(union => union.Key).Select(union => $"message {union.Key} {union.SubType.Name}"),
        .. Numbers<RunOrderKind>("order"),
        .. Numbers<DecisionKind>("decision"),
        .. Numbers<DismissReason>("dismissal"),
        .. Records().SelectMany(record => Keys(record).Select(entry => $"{record.Name} {entry.Key} {entry.Property.Name} {NameOf(entry.Property.PropertyType)}")),
        .. Methods().Select(method => $"{method.DeclaringType!.Name} {method.Name}({string.Join(',', method.GetParameters().Select(parameter => NameOf(parameter.ParameterType)))}) {NameOf(method.ReturnType)}"),
    ];

    // Those of Core that go as numbers, too.
    private static IEnumerable<string> Numbers<T>(string what)
        where T : struct, Enum => Enum.GetValues<T>().Select(value => $"{what} {Convert.ToInt32(value, CultureInfo.InvariantCulture)} {value}");

    // Orleans tells a grain's methods apart by these names and types.
    private static IEnumerable<MethodInfo> Methods() => typeof(WireContract).Assembly.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IGrain)))
        .SelectMany(type => type.GetMethods()).OrderBy(method => $"{method.DeclaringType!.Name} {method.Name}", StringComparer.Ordinal);

    // Whatever is neither one value, nor a record that is looked at itself, nor a list of records, names or numbers of things.
    private static bool CouldCarryATensor(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? type.GetGenericArguments()[0] is var item && item != typeof(int) && item != typeof(string) && !IsRecord(item)
            : (Nullable.GetUnderlyingType(type) ?? type) is var single && !single.IsPrimitive && !single.IsEnum && single != typeof(string) && single != typeof(DateTimeOffset) && !IsRecord(single);

    private static bool IsRecord(Type type) => type.GetCustomAttribute<MessagePackObjectAttribute>(inherit: false) is not null;

    private static IEnumerable<Type> Records() => typeof(WireContract).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<MessagePackObjectAttribute>() is not null && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal);

    private static IEnumerable<(int Key, PropertyInfo Property)> Keys(Type record) => record.GetProperties()
        .Select(property => (property.GetCustomAttribute<KeyAttribute>()?.IntKey, property))
        .Where(entry => entry.IntKey is not null).Select(entry => (entry.IntKey!.Value, entry.property)).OrderBy(entry => entry.Value);

    private static string NameOf(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(',', type.GetGenericArguments().Select(NameOf))}>" : type.Name;
}
