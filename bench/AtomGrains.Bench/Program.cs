using System.Globalization;
using AtomGrains.Bench;
using AtomGrains.Bench.Throughput;
using AtomGrains.Bench.Transport;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// The first two are this program's own children.
return args switch
{
    [BareLoop.Command, var folder, var half] => BareLoop.Run(folder, int.Parse(half)),
    [TransportRate.Command, .. var rest] => TransportRate.Serve(rest),
    _ => Suite.Run(args),
};
