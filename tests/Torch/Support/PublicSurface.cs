using System.Reflection;

namespace AtomGrains.Torch.Tests.Support;

/// <summary>The public and protected members of an assembly's types, a line each, in an order of its own.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <param name="inherited">Whether a type also lists the members of its bases.</param>
    internal static IReadOnlyList<string> Of(Assembly assembly, bool inherited) =>
    [
        .. assembly.GetTypes()
            .Where(type => type.IsVisible && type.Namespace?.StartsWith("TorchSharp", StringComparison.Ordinal) == true)
            .SelectMany(type => Bases(type, inherited).SelectMany(Members).Select(member => $"{Name(type)}: {member}"))
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<Type> Bases(Type type, bool inherited)
    {
        for (Type? current = type; current is not null && current != typeof(object); current = inherited ? current.BaseType : null)
        {
            yield return current;
        }
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return [];
        }

        var constructors = type.GetConstructors(Declared).Where(IsOpen).Select(method => $"new({Parameters(method)})");
        var methods = type.GetMethods(Declared)
            .Where(method => IsOpen(method) && method.Name is not ("Finalize" or "ToString") && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)))
            .Select(method => $"{Static(method)}{Name(method.ReturnType)} {method.Name}{Generics(method)}({Parameters(method)})");
        var properties = type.GetProperties(Declared).SelectMany(property => property.GetAccessors(true).Where(IsOpen)
            .Select(accessor => $"{Static(accessor)}{Name(property.PropertyType)} {accessor.Name}({string.Join(", ", property.GetIndexParameters().Select(Parameter))})"));
        var fields = type.GetFields(Declared).Where(field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName)
            .Select(field => $"{(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}{(field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")}");
        return constructors.Concat(methods).Concat(properties).Concat(fields);
    }

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static string Generics(MethodBase method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter) =>
        (parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "") + $"{Name(parameter.ParameterType)} {parameter.Name}"
        + (parameter.HasDefaultValue ? $" = {parameter.RawDefaultValue ?? "null"}" : "");

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        var name = (type.DeclaringType is null ? "" : Name(type.DeclaringType.IsGenericTypeDefinition ? type.DeclaringType : type.DeclaringType) + ".") + type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
