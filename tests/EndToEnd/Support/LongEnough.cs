namespace AtomGrains.EndToEnd.Tests.Support;

/// <summary>
/// A run that was over, and well, before what a test awaits had come: nothing is known of what the run would have done. How
/// many steps pass until a process has started, or a device is checked, is a matter of the machine.
/// </summary>
internal sealed class RunEndedFirstException(string message) : Exception(message);

/// <summary>Tests of what needs time while a run trains: each is done again with a longer run where its run was over before.</summary>
internal static class LongEnough
{
    private const int Tries = 4;

    /// <param name="spec">With steps that are enough as a rule.</param>
    /// <param name="scenario">All of the test, from the start of its run on; of the last try it says itself what was awaited.</param>
    public static async Task Run(Spec spec, Func<Spec, Task> scenario)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await scenario(spec);
                return;
            }
            catch (RunEndedFirstException tooShort) when (tries < Tries)
            {
                spec = spec with { Steps = 2 * spec.Steps };
                Console.WriteLine($"again with {spec.Steps} steps: {tooShort.Message.Split('\n')[0]}");
            }
        }
    }
}
