using AtomGrains.Commands.Options;

namespace AtomGrains.Commands;

/// <summary>
/// Carries out a command; returns the process's exit code. The token is the one given to <see
/// cref="CommandLine.RunAsync"/>: signals are its caller's.
/// </summary>
public delegate Task<int> CommandHandler(TrainOptions options, CancellationToken cancellation);
