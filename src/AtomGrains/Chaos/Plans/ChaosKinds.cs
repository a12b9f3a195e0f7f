using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.Chaos.Plans;

/// <summary>The kinds by name, and what each is in the words of <c>--fault</c> and of the fault ledger.</summary>
internal static class ChaosKinds
{
    public const string Setting = "--only";

    private static readonly Entry[] Entries =
    [
        new(ChaosKind.Kill, "kill", FaultKind.Kill, ["kill"]),
        new(ChaosKind.Pause, "pause", FaultKind.Stop, ["stop"]),
        new(ChaosKind.PauseAndWake, "pause+wake", FaultKind.StopAndWake, ["stop", "stop+wake"]),
        new(ChaosKind.Notice, "notice", FaultKind.Exit, ["exit"]),
        new(ChaosKind.Device, "device", FaultKind.Device, ["device"]),
        new(ChaosKind.DeviceAbort, "device-abort", FaultKind.DeviceAbort, ["device-abort", "device"]),
        new(ChaosKind.Scale, "scale", FaultKind.Scale, ["scale"]),
        new(ChaosKind.Supervisor, "supervisor", FaultKind.KillSupervisor, ["kill"]),
        new(ChaosKind.Two, "two", null, []),
        new(ChaosKind.StoreDown, "store-down", null, []),
        new(ChaosKind.AzureDown, "azure-down", null, []),
        new(ChaosKind.StoreSlow, "store-slow", null, []),
        new(ChaosKind.DiskFull, "disk-full", null, []),
        new(ChaosKind.AllDie, "all-die", null, []),
        new(ChaosKind.TornCheckpoint, "torn-checkpoint", null, []),
        new(ChaosKind.Orphans, "orphans", null, []),
        new(ChaosKind.Coordinator, "coordinator", FaultKind.KillCoordinator, ["kill"]),
    ];

    /// <summary>In the order in which they are named to the user.</summary>
    public static IReadOnlyList<ChaosKind> All { get; } = [.. Entries.Select(entry => entry.Kind)];

    /// <summary>Those that can befall a run on a host.</summary>
    public static IReadOnlyList<ChaosKind> On(string host) => [.. All.Where(kind => kind != ChaosKind.Coordinator || host == TrainOptions.OrleansHost)];

    public static string NameOf(ChaosKind kind) => Of(kind).Name;

    /// <summary>The fault that <c>train</c> can be ordered to suffer; null for what only comes from outside.</summary>
    public static FaultKind? OrderOf(ChaosKind kind) => Of(kind).Order;

    /// <summary>What the ledger may call it, besides an end that nobody saw.</summary>
    public static IReadOnlyList<string> LedgerKindsOf(ChaosKind kind) => Of(kind).LedgerKinds;

    /// <summary>Kinds from names with commas between.</summary>
    /// <exception cref="InvalidSettingsException">One of them is none.</exception>
    public static IReadOnlyList<ChaosKind> Parse(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var wrong = names.Where(name => !Array.Exists(Entries, entry => entry.Name == name)).ToList();
        return names.Length > 0 && wrong.Count == 0
            ? [.. Entries.Where(entry => names.Contains(entry.Name)).Select(entry => entry.Kind)]
            : throw new InvalidSettingsException(new SettingError(Setting, text, $"must be kinds with commas between, of {string.Join(", ", Entries.Select(entry => entry.Name))}"));
    }

    private static Entry Of(ChaosKind kind) => Entries[(int)kind];

    private sealed record Entry(ChaosKind Kind, string Name, FaultKind? Order, IReadOnlyList<string> LedgerKinds);
}
