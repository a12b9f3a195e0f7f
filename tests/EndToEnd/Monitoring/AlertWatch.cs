using AtomGrains.EndToEnd.Tests.Support;
using AtomGrains.EndToEnd.Tests.Telemetry;

namespace AtomGrains.EndToEnd.Tests.Monitoring;

/// <summary>What a Prometheus with the rules knows of runs, waited for.</summary>
/// <param name="seen">What there is instead of what is awaited, for the message.</param>
/// <param name="look">Looked at while it is waited: throws when what is awaited cannot come any more.</param>
internal sealed class AlertWatch(PrometheusProcess prometheus, Func<string> seen, Action? look = null)
{
    /// <summary>The rules, with minutes taken for seconds.</summary>
    public static string Rules { get; } = Haste.TakeMinutesForSeconds(MonitoringFiles.Rules);

    private static readonly string IsTraining = MonitoringFiles.Fill(MonitoringFiles.DashboardQueries[0].Expression, "60s");

    public Task Trains() => Is(IsTraining, 1);

    public Task StandsStill() => Is(IsTraining, 0);

    public async Task Is(string query, double value)
    {
        double? known = null;
        await Holds($"{query} is {value}", async () => (known = await prometheus.Ask(query)) == value, () => $"{known}");
    }

    public Task Fires(string alert) => Firing($"{alert} fires", firing => firing.Contains(alert));

    public Task Clears(string alert) => Firing($"{alert} clears", firing => !firing.Contains(alert));

    /// <summary>Waits until these alerts fire and no other does.</summary>
    public Task FireAlone(params string[] alerts) => FireAlone(() => { }, alerts);

    public Task NoneFires() => FireAlone();

    /// <param name="meanwhile">Done each time it is looked.</param>
    public Task FireAlone(Action meanwhile, params string[] alerts) => Firing(
        alerts.Length == 0 ? "no alert" : string.Join(" and ", alerts),
        firing =>
        {
            meanwhile();
            return firing.SetEquals(alerts);
        });

    public Task Holds(string awaited, Func<Task<bool>> state) => Holds(awaited, state, () => "");

    private async Task Firing(string awaited, Func<IReadOnlySet<string>, bool> state)
    {
        IReadOnlySet<string> firing = new HashSet<string>();
        await Holds(awaited, async () => state(firing = await prometheus.Alerts("firing")), () => $"firing: {string.Join(", ", firing)}");
    }

    private async Task Holds(string awaited, Func<Task<bool>> state, Func<string> known) => await Eventually.Answers(
        awaited,
        async () =>
        {
            look?.Invoke();
            return await state() ? "" : null;
        },
        () => $"{known()}\n{seen()}");
}
