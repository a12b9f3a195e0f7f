using System.Runtime.CompilerServices;

namespace AtomGrains.Tests.Support;

/// <summary>
/// Processes that tests start live for seconds. A worker compiles each method once, fully, and other processes their busiest
/// ones a second time: both pay after minutes, and were a third of all that two cores did here.
/// </summary>
internal static class ShortProcesses
{
    [ModuleInitializer]
    internal static void CompileOnce()
    {
        Environment.SetEnvironmentVariable("DOTNET_TieredCompilation", "1");
        Environment.SetEnvironmentVariable("DOTNET_TC_CallCountingDelayMs", "0x36EE80"); // hexadecimal milliseconds: an hour
    }
}
