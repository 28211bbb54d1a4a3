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

    private readonly ConcurrentDictionary<string, TaskCompletionSource<ExchangeAnswer>> waiting = [];

    /// <summary>Whether the socket takes the body, and nothing else with the same id is under way.</summary>
    public bool Takes(string id, ReadOnlyMemory<byte> body) => body.Length <= 64 * 1024 && !waiting.ContainsKey(id);

    /// <summary>Sends one signal, or another request that the socket takes, and waits for its answer.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">No answer came.</exception>
    public async Task<ExchangeAnswer> SendAsync(
        OpenSession session,
        Listener listener,
        string id,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken
    )
    {
        var answer = new TaskCompletionSource<ExchangeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[id] = answer;
        try
        {
            await listener.SendAsync(session, body, cancellationToken);
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

    /// <summary>Fails everything that waits for an answer, because the socket is lost.</summary>
    public void Lost()
    {
        foreach (var (_, sender) in waiting)
        {
            sender.TrySetException(
                new ServerUnreachableException("The socket was lost before an answer came through it.")
            );
        }
    }

    private TaskCompletionSource<ExchangeAnswer>? SenderOf(string? id) =>
        id is null ? null : waiting.GetValueOrDefault(id);
}
