namespace SignalBroker.Client;

/// <summary>Settles sequences in batches until the server has confirmed each.</summary>
/// <remarks><c>settle</c> returns the sequence up to which nothing is left to settle.</remarks>
internal sealed class Settler(
    Func<IReadOnlyList<long>, CancellationToken, Task<long>> settle,
    Action<long> settled,
    TimeProvider time
)
{
    private const int Most = 1000;

    // After the first one, sequences that are settled within this time form a batch.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock changing = new();
    private readonly Queue<Batch> batches = [];
    private readonly TaskCompletionSource hurrying = new();
    private Task working = Task.CompletedTask;
    private bool isWorking;

    /// <returns>A task that ends when the server has confirmed it.</returns>
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

    /// <summary>Ends when a sequence that is being settled is confirmed; at once for any other.</summary>
    public Task WhenSettledAsync(long sequence)
    {
        lock (changing)
        {
            return batches.FirstOrDefault(batch => batch.Sequences.Contains(sequence))?.Done.Task ?? Task.CompletedTask;
        }
    }

    /// <summary>Sends the batches without further pauses, and waits for the confirmations.</summary>
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

    /// <summary>Whether to go on after such a failure, even after a call has been repeated for long enough.</summary>
    public static bool MayPass(SignalBrokerException failure) =>
        failure
            is ServerUnreachableException
                or ServerRefusedException { Status: 429 or >= 502 }
                or SignalNotSentException { Code: SignalBrokerCode.Expired };

    private async Task WorkAsync()
    {
        // The caller must not wait for the sending.
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
                // After a transient failure the batch stays first, and is sent again.
                if (!MayPass(failure))
                {
                    Leave(batch);
                    batch.Done.TrySetException(failure);
                    // Often nobody awaits it.
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
