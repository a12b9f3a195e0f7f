using AtomGrains;
using FragileJob;

// A machine whose device is broken for good: whoever asks it in a fresh process hears so.
if (args is ["device-check", ..] && Environment.GetEnvironmentVariable("FRAGILE_DEVICE") == "broken")
{
    Console.Error.WriteLine("it does not compute");
    return 1;
}

return AtomGrainsHost.Run(args, jobs => jobs.Add<Fragile>());
