using AtomGrains;
using FragileJob;

return AtomGrainsHost.Run(args, jobs => jobs.Add<Fragile>());
