using System.Collections.Concurrent;
using System.Text.Json;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>Sends signals through a listener's socket; each is answered by an envelope of the server that names it.</summary>
internal sealed class SocketSending(TimeProvider time)
{
    /// <summary>How long an answer may take; then the same signal may be sent again.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<ExchangeAnswer>> waiting = [];

    /// <summary>Whether something may go this way; nothing else of the same name must be under way.</summary>
    public bool Takes(string id, ReadOnlyMemory<byte> body) => body.Length <= 64 * 1024 && !waiting.ContainsKey(id);

    /// <summary>Sends one signal, or what else the socket takes, and waits for its answer.</summary>
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

    /// <summary>Hears an envelope that the server itself has written.</summary>
    public void Receive(ControlEnvelope envelope)
    {
        try
        {
            if (envelope.Type == "outcome")
            {
                if (
                    envelope.Content.Deserialize(ApiJson.Default.ExchangeAnswer) is { Id: { } id } answer
                    && waiting.TryGetValue(id, out var sender)
                )
                {
                    sender.TrySetResult(answer);
                }
            }
            else if (
                envelope.Type == "error"
                && envelope.Content.Deserialize(ApiJson.Default.Problem) is { Id: { } id } problem
                && waiting.TryGetValue(id, out var sender)
            )
            {
                sender.TrySetException(RefusalOf(problem));
            }
        }
        catch (JsonException)
        {
            // A newer server's, perhaps; the signal is sent again when no answer comes that can be read.
        }
    }

    /// <summary>The socket is lost: no more answers come.</summary>
    public void Lost()
    {
        foreach (var (_, sender) in waiting)
        {
            sender.TrySetException(
                new ServerUnreachableException("The socket was lost before an answer came through it.")
            );
        }
    }

    private static ServerRefusedException RefusalOf(Problem problem) =>
        ServerRefusedException.Of(
            new(
                problem.Status ?? 500,
                problem.Code ?? SignalBrokerCode.InternalError,
                problem.Detail ?? "The server refused the signal."
            )
            {
                RetryAfter = problem.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Sessions = ReachedSession.All(problem.Sessions),
            }
        );
}
