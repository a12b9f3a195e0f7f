using System.Net;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;

namespace AtomGrains.Silo.Standing;

/// <summary>Reads how silos prove who they are to each other.</summary>
internal static class TlsSettings
{
    /// <returns>Null where silos do not encrypt.</returns>
    public static TlsFiles? Read(SettingValues values, IPAddress address)
    {
        if (!values.IsGiven(SiloKeys.Tls) ? IPAddress.IsLoopback(address) : !values.OnOff(SiloKeys.Tls))
        {
            return null;
        }

        values.Add([new SettingError(SiloKeys.Tls.Flag, values.Text(SiloKeys.Tls) ?? "", $"silos do not encrypt yet; must be off, said in words, with {SiloKeys.Address.Flag} {address}")]);
        return null;
    }
}
