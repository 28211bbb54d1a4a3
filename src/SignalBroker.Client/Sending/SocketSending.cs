using System.Collections.Concurrent;
using System.Text.Json;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>Sends signals through a listener's socket; the server answers each in an envelope with its id.</summary>
internal sealed class SocketSending(TimeProvider time)
{
    /// <summary>How long to wait for an answer before the signal is sent again.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Unanswered> waiting = [];

    /// <summary>Whether the socket takes the body, and nothing else with the same id is under way.</summary>
    public bool Takes(string id, ReadOnlyMemory<byte> body) => body.Length <= 64 * 1024 && !waiting.ContainsKey(id);

    /// <summary>Sends one signal, or another request that the socket takes, and waits for its answer.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">No answer came.</exception>
    public async Task<ExchangeAnswer> SendAsync(
        ListeningSession sender,
        string id,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        var answer = new Unanswered(sender.Listener);
        waiting[id] = answer;
        try
        {
            await sender.SendsAfter.WaitAsync(cancellationToken);
            await sender.Listener.SendAsync(body, cancellationToken);
            return await answer.Task.WaitAsync(AnswerWithin, time, cancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new ServerUnreachableException(
                $"No answer came through the socket in {AnswerWithin.TotalSeconds:0} s.",
                late
            );
        }
        catch (ListeningFailedException lost)
        {
            throw new ServerUnreachableException(lost.Message, lost);
        }
        finally
        {
            waiting.TryRemove(new(id, answer));
        }
    }

    /// <summary>Takes an envelope that the server itself has written.</summary>
    public void Receive(ControlEnvelope envelope)
    {
        try
        {
            if (
                envelope.Type == "outcome"
                && envelope.Content.Deserialize(ApiJson.Default.ExchangeAnswer) is { } answer
            )
            {
                SenderOf(answer.Id)?.TrySetResult(answer);
            }
            else if (envelope.Type == "error" && envelope.Content.Deserialize(ApiJson.Default.Problem) is { } problem)
            {
                SenderOf(problem.Id)?.TrySetException(problem.ToRefusal());
            }
        }
        catch (JsonException)
        {
            // From a newer server, perhaps; the signal is sent again when no readable answer comes.
        }
    }

    /// <summary>Ends when everything that has been sent through a listener is answered, or given up.</summary>
    public async Task AnsweredAsync(Listener listener)
    {
        foreach (var sent in waiting.Values.Where(sent => sent.Listener == listener))
        {
            await ((Task)sent.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Fails what waits for an answer, because the listener's socket is lost; null for any.</summary>
    public void Lost(Listener? listener = null)
    {
        foreach (var sent in waiting.Values.Where(sent => listener is null || sent.Listener == listener))
        {
            sent.TrySetException(
                new ServerUnreachableException("The socket was lost before an answer came through it.")
            );
        }
    }

    private Unanswered? SenderOf(string? id) => id is null ? null : waiting.GetValueOrDefault(id);

    private sealed class Unanswered(Listener listener)
        : TaskCompletionSource<ExchangeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Listener Listener { get; } = listener;
    }
}
