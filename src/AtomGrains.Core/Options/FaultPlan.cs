using System.Globalization;

namespace AtomGrains.Core.Options;

/// <summary>
/// The faults a run is ordered to suffer, in the order given. Grammar of one:
/// <c>kill|stop|stop+wake|exit|device|device-abort|nan|flip:worker=K@step=N[/compute|push|seal|decide|apply|join]</c>
/// or <c>kill:supervisor@step=N[/POINT]</c> or <c>kill:coordinator@step=N</c> or <c>scale=W@step=N</c>. Nothing is defaulted: a fault whose target or time is unsaid is an error.
/// </summary>
public sealed record FaultPlan(IReadOnlyList<FaultOrder> Orders)
{
    public const string Setting = "--fault";

    /// <summary>
    /// More workers than any machine of one supervisor holds; it bounds what a typing error can start.
    /// </summary>
    public const int MostWorkers = 1024;

    public static readonly FaultPlan None = new([]);

    private const string Form =
        "must read KIND:worker=K@step=N[/POINT], kill:supervisor@step=N[/POINT], kill:coordinator@step=N or scale=W@step=N; KIND is kill, stop, stop+wake, exit, device, device-abort, nan or flip; " +
        "POINT is compute, push, seal, decide, apply or join";

    private const string Supervisor = "kill:supervisor";
    private const string Coordinator = "kill:coordinator";

    private static readonly (string Name, FaultKind Kind)[] Kinds =
    [
        ("kill", FaultKind.Kill), ("stop", FaultKind.Stop), ("stop+wake", FaultKind.StopAndWake), ("exit", FaultKind.Exit),
        ("device", FaultKind.Device), ("device-abort", FaultKind.DeviceAbort), ("nan", FaultKind.NotANumber), ("flip", FaultKind.Flip), ("scale", FaultKind.Scale), (Supervisor, FaultKind.KillSupervisor),
        (Coordinator, FaultKind.KillCoordinator),
    ];

    /// <summary>Parses every text; errors of all of them are added to <paramref name="errors"/>.</summary>
    public static FaultPlan Parse(IEnumerable<string> texts, ICollection<SettingError> errors)
    {
        var orders = new List<FaultOrder>();
        foreach (var text in texts)
        {
            var (order, error) = ParseOrder(text);
            if (order is not null)
            {
                orders.Add(order);
            }
            else
            {
                errors.Add(error!);
            }
        }

        return new FaultPlan(orders);
    }

    /// <summary>One order, or the reason why the text is none. Exactly one of both is null.</summary>
    public static (FaultOrder? Order, SettingError? Error) ParseOrder(string text)
    {
        var halves = text.Trim().Split('@');
        if (halves.Length != 2)
        {
            return Refuse(text, Form);
        }

        var time = halves[1].Split('/');
        if (time.Length > 2 || Number(time[0], "step=") is not { } step)
        {
            return Refuse(text, $"'{halves[1]}' must be step=N[/POINT] with N a step from 0");
        }

        ProtocolPoint? point = null;
        if (time.Length == 2)
        {
            point = PointOf(time[1]);
            if (point is null)
            {
                return Refuse(text, $"'{time[1]}' must be compute, push, seal, decide, apply or join");
            }
        }

        return halves[0].StartsWith("scale", StringComparison.Ordinal)
            ? ParseScale(text, halves[0], step, point)
            : ParseStrike(text, halves[0], step, point);
    }

    /// <summary>Checks the plan against the run it is for.</summary>
    /// <param name="processes">Workers and spares that the run starts with.</param>
    public IEnumerable<SettingError> Errors(int processes, long steps)
    {
        var most = Orders.Aggregate(processes, (count, order) => Math.Max(count, order.Workers ?? 0));
        foreach (var order in Orders)
        {
            if (order.Worker >= most)
            {
                yield return new SettingError(Setting, order.ToString(), $"worker must be from 0 to {most - 1}");
            }

            if (order.Step >= steps)
            {
                yield return new SettingError(Setting, order.ToString(),
                    $"step must be from 0 to {steps - 1}, the run's last");
            }
        }
    }

    public static string NameOf(FaultKind kind) => Kinds.First(entry => entry.Kind == kind).Name;

    internal static string NameOf(ProtocolPoint point) => point.ToString().ToLowerInvariant();

    private static (FaultOrder?, SettingError?) ParseStrike(string text, string what, long step, ProtocolPoint? point)
    {
        if (what == Supervisor)
        {
            return (new FaultOrder(FaultKind.KillSupervisor, null, step, point), null);
        }

        if (what == Coordinator)
        {
            return point is null ? (new FaultOrder(FaultKind.KillCoordinator, null, step), null)
                : Refuse(text, $"{Coordinator} takes no POINT: it strikes where a step begins");
        }

        var parts = what.Split(':');
        var strikes = Kinds.Where(entry => entry.Kind is not (FaultKind.Scale or FaultKind.KillSupervisor or FaultKind.KillCoordinator));
        var kind = strikes.Where(entry => entry.Name == parts[0]).Select(entry => (FaultKind?)entry.Kind).FirstOrDefault();
        if (kind is null)
        {
            return Refuse(text, $"'{parts[0]}' must be kill, stop, stop+wake, exit, device, device-abort, nan, flip or scale=W");
        }

        if (parts.Length != 2 || Number(parts[1], "worker=") is not { } worker || worker >= MostWorkers)
        {
            return Refuse(text, $"'{what}' must be {parts[0]}:worker=K with K from 0 to {MostWorkers - 1}");
        }

        return (new FaultOrder(kind.Value, (int)worker, step, point), null);
    }

    private static (FaultOrder?, SettingError?) ParseScale(string text, string what, long step, ProtocolPoint? point)
    {
        if (Number(what, "scale=") is not { } workers || workers < 1 || workers > MostWorkers)
        {
            return Refuse(text, $"'{what}' must be scale=W with W from 1 to {MostWorkers}");
        }

        return point is null
            ? (new FaultOrder(FaultKind.Scale, null, step, null, (int)workers), null)
            : Refuse(text, "scale takes no POINT: the world changes at a step bound");
    }

    private static long? Number(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal)
        && long.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;

    private static ProtocolPoint? PointOf(string name) =>
        Enum.GetValues<ProtocolPoint>().Where(point => NameOf(point) == name).Select(point => (ProtocolPoint?)point).FirstOrDefault();

    private static (FaultOrder?, SettingError?) Refuse(string text, string reason) =>
        (null, new SettingError(Setting, text, reason));
}
