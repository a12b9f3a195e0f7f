using System.Reflection;
using AtomGrains.Core.Membership;

namespace AtomGrains.Core.Tests.Architecture;

/// <summary>A resume compares builds by their files: what changes no line of a program must not make another file of it.</summary>
public sealed class SameSourcesTests
{
    [Fact]
    public void ABuildDoesNotNameTheCommitThatItIsOf() =>
        Assert.DoesNotContain('+', typeof(Generation).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);
}
