using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace AtomGrains.Core.Tests.Architecture;

/// <summary>
/// What pure code may not touch: clock, randomness, threads, tasks, files, sockets, processes, environment.
/// Every use of a type or member of another assembly, also one the compiler made, stands in the metadata tables
/// TypeRef and MemberRef. So aliases, global usings and <c>using static</c> hide nothing from this check.
/// </summary>
internal static class BannedApis
{
    private static readonly string[] Namespaces =
    [
        "System.IO", "System.Net", "System.Threading", "System.Timers", "System.Runtime.InteropServices",
        "System.Diagnostics.Metrics", "System.Diagnostics.Tracing", "System.Reflection.Emit", "Microsoft",
    ];

    private static readonly HashSet<string> Types =
    [
        "System.Random", "System.TimeProvider", "System.AppContext", "System.Console",
        "System.Diagnostics.Stopwatch", "System.Diagnostics.Process", "System.Diagnostics.Activity", "System.Diagnostics.Trace",
        "System.Security.Cryptography.RandomNumberGenerator", "System.Runtime.CompilerServices.AsyncTaskMethodBuilder",
        "System.Runtime.CompilerServices.AsyncVoidMethodBuilder", "System.Runtime.CompilerServices.AsyncValueTaskMethodBuilder",
    ];

    private static readonly HashSet<string> Members =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7",
    ];

    // What the compiler itself emits, and what cannot bring the outside world in.
    private static readonly HashSet<string> Exempt =
    [
        "System.Environment.get_CurrentManagedThreadId", // every iterator (yield return) asks for it
        "System.IO.InvalidDataException", // an exception: carries a message, opens nothing
        "System.Runtime.InteropServices.MemoryMarshal", "System.Runtime.InteropServices.CollectionsMarshal", // views of memory
        "System.Runtime.InteropServices.ImmutableCollectionsMarshal", // what [.. items] into an ImmutableArray becomes
        "System.Runtime.InteropServices.InAttribute", // 'in' parameters of virtual methods
        "System.Runtime.InteropServices.StructLayoutAttribute", "System.Runtime.InteropServices.LayoutKind",
        "Microsoft.CodeAnalysis.EmbeddedAttribute",
    ];

    /// <summary>Banned types and members that the assembly refers to, sorted; empty for a pure assembly.</summary>
    public static IReadOnlyList<string> UsedBy(string assemblyPath)
    {
        using var file = new PEReader(File.OpenRead(assemblyPath));
        var metadata = file.GetMetadataReader();
        var violations = new SortedSet<string>(StringComparer.Ordinal);

        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference)
                continue;
            var type = FullName(metadata, (TypeReferenceHandle)member.Parent);
            var name = $"{type}.{metadata.GetString(member.Name)}";
            if (Members.Contains(name) || (type == "System.Environment" && !Exempt.Contains(name)))
                violations.Add(name);
        }

        foreach (var handle in metadata.TypeReferences)
        {
            var name = FullName(metadata, handle);
            if (IsBannedType(name))
                violations.Add(name);
        }

        // A P/Invoke needs none of the above.
        violations.UnionWith(metadata.MethodDefinitions.Select(metadata.GetMethodDefinition)
            .Where(method => !method.GetImport().Module.IsNil)
            .Select(method => "extern " + metadata.GetString(method.Name)));

        return [.. violations];
    }

    /// <summary>Simple names of the assemblies that the assembly refers to.</summary>
    public static IReadOnlyList<string> AssembliesReferencedBy(string assemblyPath)
    {
        using var file = new PEReader(File.OpenRead(assemblyPath));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(h => metadata.GetString(metadata.GetAssemblyReference(h).Name))];
    }

    private static bool IsBannedType(string name) =>
        !Exempt.Contains(name) &&
        (Types.Contains(name) || Namespaces.Any(n => name.StartsWith(n + ".", StringComparison.Ordinal)));

    private static string FullName(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
            return $"{FullName(metadata, (TypeReferenceHandle)type.ResolutionScope)}+{name}";
        return type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }
}
