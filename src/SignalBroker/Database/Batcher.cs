using System.Threading.Channels;

namespace SignalBroker.Database;

/// <summary>Answers many callers' questions for one row each with few statements for many rows.</summary>
/// <remarks>
/// Whatever is asked while the workers are busy goes into the next batch, so that a lone question never waits for
/// company and a crowd costs one round trip.
/// </remarks>
internal sealed class Batcher<TQuestion, TAnswer>
    where TQuestion : notnull
    where TAnswer : class
{
    private const int Workers = 2;
    private const int LargestBatch = 500;

    // Behind a batch that times out the next one would wait for as long again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<Pending> waiting = Channel.CreateUnbounded<Pending>();
    private readonly Func<IReadOnlyList<TQuestion>, Task<IReadOnlyDictionary<TQuestion, TAnswer>>> answer;

    /// <summary>Starts the workers; they live as long as the process.</summary>
    /// <param name="answer">Answers distinct questions; what it leaves out is answered with null.</param>
    public Batcher(Func<IReadOnlyList<TQuestion>, Task<IReadOnlyDictionary<TQuestion, TAnswer>>> answer)
    {
        this.answer = answer;
        for (var worker = 0; worker < Workers; worker++)
        {
            _ = Task.Run(WorkAsync);
        }
    }

    /// <summary>Asks one question; a failed statement fails everybody in its batch.</summary>
    /// <exception cref="TimeoutException">There was no answer for 5 s.</exception>
    public Task<TAnswer?> GetAsync(TQuestion question)
    {
        var pending = new Pending(question);
        waiting.Writer.TryWrite(pending);
        return pending.Task.WaitAsync(Patience);
    }

    private async Task WorkAsync()
    {
        var batch = new List<Pending>();
        while (await waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < LargestBatch && waiting.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            if (batch.Count > 0)
            {
                await AnswerAsync(batch);
                batch.Clear();
            }
        }
    }

    private async Task AnswerAsync(List<Pending> batch)
    {
        try
        {
            var answers = await answer([.. batch.Select(pending => pending.Question).Distinct()]);
            foreach (var pending in batch)
            {
                pending.TrySetResult(answers.GetValueOrDefault(pending.Question));
            }
        }
        catch (Exception failure)
        {
            foreach (var pending in batch)
            {
                pending.TrySetException(failure);
            }
        }
    }

    private sealed class Pending(TQuestion question)
        : TaskCompletionSource<TAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TQuestion Question { get; } = question;
    }
}
