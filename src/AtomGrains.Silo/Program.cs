using AtomGrains;

return await AtomGrainsHost.RunAsync(args, _ => { });
