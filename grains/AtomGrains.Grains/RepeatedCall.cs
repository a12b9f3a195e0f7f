using System.Diagnostics;

namespace AtomGrains.Grains;

/// <summary>
/// A call that is made again until somebody has heard it, whatever goes wrong with it: the receiver's exceptions come as what
/// they were there, and a volume that it cannot write is no end of this sender. One call at a time.
/// </summary>
/// <param name="pause">Between the first ones.</param>
/// <param name="failed">
/// Hears of the first call in a row that failed for another reason than that nobody lives there; must not throw.
/// </param>
internal sealed class RepeatedCall(TimeSpan pause, Action<Exception> failed)
{
    private bool _isFailing;

    /// <param name="isVain">Whether no call is to be made any more, after so much time.</param>
    public async Task MakeAsync(Func<Task> call, Func<TimeSpan, bool> isVain)
    {
        for (var began = Stopwatch.GetTimestamp(); !isVain(Stopwatch.GetElapsedTime(began));)
        {
            try
            {
                await call().ConfigureAwait(false);
                _isFailing = false;
                return;
            }
            catch (Exception error)
            {
                // The edge of this sender.
                if (!_isFailing && !IsOfMovingGrains(error))
                {
                    _isFailing = true;
                    failed(error);
                }

                await Task.Delay(RetryPause.After(Stopwatch.GetElapsedTime(began), pause)).ConfigureAwait(false);
            }
        }
    }

    // As calls do while a grain moves, after the death of a silo.
    private static bool IsOfMovingGrains(Exception error) => error is OrleansException or TimeoutException or OperationCanceledException;
}
