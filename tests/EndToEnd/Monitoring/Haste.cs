using System.Globalization;
using System.Text.RegularExpressions;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>
/// The real rules for a test that cannot wait for minutes: every window, offset and <c>for</c> is divided by 60, and nothing
/// else is changed. Thresholds, among them those in seconds, are the real ones.
/// </summary>
internal static partial class Haste
{
    private const int SecondsOf1m = 1;
    private const int SecondsOf1h = 60;

    public static string TakeMinutesForSeconds(string rules) => Duration().Replace(rules, duration =>
    {
        var seconds = int.Parse(duration.Groups["number"].Value, CultureInfo.InvariantCulture) * (duration.Groups["unit"].Value == "h" ? SecondsOf1h : SecondsOf1m);
        return string.Create(CultureInfo.InvariantCulture, $"{duration.Groups["before"].Value}{seconds}s");
    });

    /// <summary>The same rules where a checkpoint is old after half a minute.</summary>
    public static string TakeCheckpointsForOldAfter30Seconds(string rules)
    {
        const string Age = "(atomgrains_checkpoint_age_seconds) > ";
        Assert.Single(rules.Split('\n'), line => line.EndsWith(Age + "1800", StringComparison.Ordinal));
        return rules.Replace(Age + "1800", Age + "30", StringComparison.Ordinal);
    }

    // As in [5m], offset 30m, for: 10m.
    [GeneratedRegex(@"(?<before>\[|offset |for: )(?<number>\d+)(?<unit>[mh])\b")]
    private static partial Regex Duration();
}
