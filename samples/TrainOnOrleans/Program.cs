using AtomGrains;
using TrainYourOwnModel;

return AtomGrainsHost.Run(args, jobs => jobs.Add<BigramJob>());
