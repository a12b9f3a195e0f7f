using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace AtomGrains.Core.Tests.Architecture;

/// <summary>
/// Which namespaces the types of each namespace use: in base types, interfaces, fields, signatures, locals and
/// method bodies, read from the compiled assembly. Nested types (closures, state machines) count as their outermost type.
/// </summary>
internal sealed class TypeUses : IDisposable
{
    private static readonly Dictionary<ushort, OperandType> Operands = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value, code => code.OperandType);

    private readonly PEReader _file;
    private readonly MetadataReader _metadata;
    private readonly NamespaceSignatures _signatures = new();

    public TypeUses(string assemblyPath)
    {
        _file = new PEReader(File.OpenRead(assemblyPath));
        _metadata = _file.GetMetadataReader();
    }

    /// <summary>Pairs of (namespace of a type, namespace that it uses), without uses of its own namespace.</summary>
    public IReadOnlySet<(string From, string To)> Namespaces()
    {
        var uses = new HashSet<(string, string)>();
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var from = NamespaceSignatures.Of(_metadata, handle);
            uses.UnionWith(UsedBy(_metadata.GetTypeDefinition(handle)).Where(to => to != from).Select(to => (from, to)));
        }

        return uses;
    }

    public void Dispose() => _file.Dispose();

    private IEnumerable<string> UsedBy(TypeDefinition type)
    {
        var declared = type.GetInterfaceImplementations().Select(i => _metadata.GetInterfaceImplementation(i).Interface)
            .Append(type.BaseType)
            .Concat(type.GetFields().Select(field => (EntityHandle)field))
            .Concat(type.GetMethods().Select(method => (EntityHandle)method))
            .SelectMany(handle => Resolve(handle));
        return declared.Concat(type.GetMethods().Select(_metadata.GetMethodDefinition).SelectMany(Body));
    }

    private IEnumerable<string> Body(MethodDefinition method)
    {
        if (method.RelativeVirtualAddress == 0)
            return [];
        var body = _file.GetMethodBody(method.RelativeVirtualAddress);
        var used = new List<string>();
        if (!body.LocalSignature.IsNil)
            used.AddRange(_metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_signatures, null).SelectMany(n => n));
        used.AddRange(Tokens(body.GetILReader()).SelectMany(token => Resolve(MetadataTokens.EntityHandle(token))));
        return used;
    }

    private static IEnumerable<int> Tokens(BlobReader code)
    {
        var tokens = new List<int>();
        while (code.RemainingBytes > 0)
        {
            ushort value = code.ReadByte();
            if (value == 0xFE)
                value = (ushort)(0xFE00 | code.ReadByte());
            switch (Operands[value])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    tokens.Add(code.ReadInt32());
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                default: // branch targets, 32-bit constants, strings, signatures
                    code.Offset += 4;
                    break;
            }
        }

        return tokens;
    }

    private ImmutableArray<string> Resolve(EntityHandle handle) => handle.IsNil ? [] : handle.Kind switch
    {
        HandleKind.TypeDefinition => [NamespaceSignatures.Of(_metadata, (TypeDefinitionHandle)handle)],
        HandleKind.TypeReference => [NamespaceSignatures.Of(_metadata, (TypeReferenceHandle)handle)],
        HandleKind.TypeSpecification => _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_signatures, null),
        HandleKind.FieldDefinition => Field(_metadata.GetFieldDefinition((FieldDefinitionHandle)handle)),
        HandleKind.MethodDefinition => Method(_metadata.GetMethodDefinition((MethodDefinitionHandle)handle)),
        HandleKind.MemberReference => Member(_metadata.GetMemberReference((MemberReferenceHandle)handle)),
        HandleKind.MethodSpecification => Generic(_metadata.GetMethodSpecification((MethodSpecificationHandle)handle)),
        _ => throw new NotSupportedException($"token of kind {handle.Kind}"),
    };

    private ImmutableArray<string> Field(FieldDefinition field) =>
        [.. Resolve(field.GetDeclaringType()), .. field.DecodeSignature(_signatures, null)];

    private ImmutableArray<string> Method(MethodDefinition method) =>
        [.. Resolve(method.GetDeclaringType()), .. Flat(method.DecodeSignature(_signatures, null))];

    private ImmutableArray<string> Member(MemberReference member) =>
    [
        .. Resolve(member.Parent),
        .. member.GetKind() == MemberReferenceKind.Field
            ? member.DecodeFieldSignature(_signatures, null)
            : Flat(member.DecodeMethodSignature(_signatures, null)),
    ];

    private ImmutableArray<string> Generic(MethodSpecification method) =>
        [.. Resolve(method.Method), .. method.DecodeSignature(_signatures, null).SelectMany(n => n)];

    private static IEnumerable<string> Flat(MethodSignature<ImmutableArray<string>> signature) =>
        signature.ParameterTypes.Append(signature.ReturnType).SelectMany(n => n);
}
