using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Chance = System.Random;

namespace AtomGrains.Core.Tests.Architecture;

/// <summary>Does, behind aliases where that is possible, what Core must not do. Never called: only its metadata is read.</summary>
internal static class ImpureExample
{
    public static object[] Everything() =>
    [
        DateTime.UtcNow, DateTime.Now, DateTimeOffset.UtcNow, Stopwatch.GetTimestamp(), TimeProvider.System,
        Guid.NewGuid(), Chance.Shared.Next(), RandomNumberGenerator.GetInt32(2),
        Task.CompletedTask, Environment.ProcessId, Environment.CurrentManagedThreadId,
        File.Exists("x"), new TcpClient(), Process.GetCurrentProcess(),
    ];
}
