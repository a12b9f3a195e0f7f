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
        var before = values.Errors.Count;
        var isOn = values.IsGiven(SiloKeys.Tls) ? values.OnOff(SiloKeys.Tls) : !IPAddress.IsLoopback(address);
        if (!isOn)
        {
            // On a network, others could read what is computed and pass themselves off as members.
            if (values.Errors.Count == before && !IPAddress.IsLoopback(address))
            {
                errors.Add(new SettingError(SiloKeys.Tls.Flag, "off", $"must be on: address {address} is not loopback"));
            }

            return null;
        }

        return TlsFiles.Read(values.Text(SiloKeys.TlsCertificate), values.Text(SiloKeys.TlsKey), values.Text(SiloKeys.TlsAuthority), errors);
    }
}
