namespace SignalBroker.Client;

/// <summary>Settles sequences, many at a time, until the server has confirmed each.</summary>
/// <param name="settle">Settles some; its answer is up to where nothing is left to settle.</param>
/// <param name="settled">Hears of that.</param>
/// <param name="time">The clock.</param>
internal sealed class Settler(
    Func<IReadOnlyList<long>, CancellationToken, Task<long>> settle,
    Action<long> settled,
    TimeProvider time
)
{
    private const int Most = 1000;

    // What is settled within this time goes together, apart from the first one.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock changing = new();
    private readonly Queue<Batch> batches = [];
    private readonly TaskCompletionSource hurrying = new();
    private Task working = Task.CompletedTask;
    private bool isWorking;

    /// <summary>Settles a sequence.</summary>
    /// <returns>Ends when the server has confirmed it.</returns>
    public Task SettleAsync(long sequence)
    {
        lock (changing)
        {
            if (batches.LastOrDefault() is not { IsSending: false } batch || batch.Sequences.Count == Most)
            {
                batches.Enqueue(batch = new());
            }

            batch.Sequences.Add(sequence);
            if (!isWorking)
            {
                isWorking = true;
                working = WorkAsync();
            }

            return batch.Done.Task;
        }
    }

    /// <summary>The confirmation of a sequence that is being settled; done if it is not.</summary>
    public Task WhenSettledAsync(long sequence)
    {
        lock (changing)
        {
            return batches.FirstOrDefault(batch => batch.Sequences.Contains(sequence))?.Done.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>Waits until all that was settled is confirmed, which is not put off any more.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        hurrying.TrySetResult();
        Task last;
        lock (changing)
        {
            last = working;
        }

        await Task.WhenAny(last, Task.Delay(patience, time, CancellationToken.None));
    }

    /// <summary>Whether to go on after such a failure, though it has been tried for long enough for a single question.</summary>
    public static bool MayPass(SignalBrokerException failure) =>
        failure
            is ServerUnreachableException
                or ServerRefusedException { Status: 429 or >= 502 }
                or SignalNotSentException { Code: SignalBrokerCode.Expired };

    private async Task WorkAsync()
    {
        // Whoever settles must not wait for the sending.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (Next() is { } batch)
        {
            try
            {
                var through = await settle(batch.Sequences, CancellationToken.None);
                Leave(batch);
                settled(through);
                batch.Done.TrySetResult();
            }
            catch (SignalBrokerException failure)
            {
                // One that may pass stays the first one, and is sent again.
                if (!MayPass(failure))
                {
                    Leave(batch);
                    batch.Done.TrySetException(failure);
                    // Often nobody waits for it.
                    _ = batch.Done.Task.Exception;
                }
            }

            await Task.WhenAny(hurrying.Task, Task.Delay(Pause, time, CancellationToken.None));
        }
    }

    private Batch? Next()
    {
        lock (changing)
        {
            isWorking = batches.TryPeek(out var batch);
            batch?.IsSending = true;
            return batch;
        }
    }

    private void Leave(Batch batch)
    {
        lock (changing)
        {
            if (batches.TryPeek(out var first) && first == batch)
            {
                batches.Dequeue();
            }
        }
    }

    private sealed class Batch
    {
        public List<long> Sequences { get; } = [];
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public bool IsSending { get; set; }
    }
}
