using AtomGrains;

return AtomGrainsHost.Run(args, _ => { });
