using AtomGrains.Core.Options;

namespace AtomGrains.Commands.Options;

/// <summary>Reads what a user wants of audits.</summary>
internal static class AuditSettings
{
    private const string Allowed = "from 0 (off) to 1 (every lane)";

    /// <summary>From 0 to 1.</summary>
    public static double Share(SettingValues values)
    {
        var share = values.Real(Settings.AuditLanes, Allowed);
        if (share is >= 0 and <= 1)
        {
            return share;
        }

        values.Add([new SettingError(Settings.AuditLanes.Flag, values.Text(Settings.AuditLanes) ?? "", $"must be {Allowed}")]);
        return 0;
    }

    public static WrongBitsPolicy Policy(SettingValues values)
    {
        var text = values.Text(Settings.OnWrongBits) ?? "";
        switch (text)
        {
            case "continue":
                return WrongBitsPolicy.Continue;
            case "stop":
                return WrongBitsPolicy.Stop;
            case "rollback":
                return WrongBitsPolicy.Rollback;
            default:
                values.Add([new SettingError(Settings.OnWrongBits.Flag, text, "must be continue, stop or rollback")]);
                return WrongBitsPolicy.Continue;
        }
    }
}
