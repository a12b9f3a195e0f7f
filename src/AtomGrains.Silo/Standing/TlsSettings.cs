using System.Net;
using AtomGrains.Commands.Options;
using AtomGrains.Core.Options;
using AtomGrains.Node.Transport.Tls;

namespace AtomGrains.Silo.Standing;

/// <summary>Reads how silos prove who they are to each other.</summary>
internal static class TlsSettings
{
    /// <returns>Null where silos do not encrypt.</returns>
    public static TlsFiles? Read(SettingValues values, IPAddress address, ICollection<SettingError> errors)
    {
        if (!values.IsGiven(SiloKeys.Tls) ? IPAddress.IsLoopback(address) : !values.OnOff(SiloKeys.Tls))
        {
            return null;
        }

        return TlsFiles.Read(values.Text(SiloKeys.TlsCertificate), values.Text(SiloKeys.TlsKey), values.Text(SiloKeys.TlsAuthority), errors);
    }
}
