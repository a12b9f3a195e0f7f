using AtomGrains;
using FragileJob;

// A machine whose device is broken for good: whoever asks it in a fresh process hears so.
if (args is ["device-check", ..] && Environment.GetEnvironmentVariable("FRAGILE_DEVICE") == "broken")
{
    Console.Error.WriteLine("it does not compute");
    return 1;
}

// A library that writes to standard output when it is loaded.
if (args is ["describe", ..] && Environment.GetEnvironmentVariable("FRAGILE_DEVICE") == "loud")
{
    Console.WriteLine("welcome to the engine");
    return 0;
}

return AtomGrainsHost.Run(args, jobs => jobs.Add<Fragile>());
