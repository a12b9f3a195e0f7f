using AtomGrains.Simulator;

return SimulationCommand.Run(args, Console.Out);
