using StartRun;

return await new ClientCommands(Console.Out, Console.Error).RunAsync(args);
