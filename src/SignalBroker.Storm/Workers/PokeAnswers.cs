using System.Text.Json;
using SignalBroker.Client;
using SignalBroker.Client.Listening;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Pokes;

namespace SignalBroker.Storm.Workers;

/// <summary>Answers the pokes that a worker's users receive.</summary>
internal sealed class PokeAnswers(Crowd crowd, string userPrefix) : IDisposable
{
    private const int AtOnce = 64;
    private const int Attempts = 5;

    private readonly SemaphoreSlim answering = new(AtOnce);

    public void Received(Member member, ReadOnlyMemory<byte> envelope)
    {
        // Strangers get no answer: they could have every client post for them.
        if (
            PokeEnvelope.Read(envelope.Span) is { FromSession: { } controller } signal
            && signal.From?.StartsWith(userPrefix, StringComparison.Ordinal) == true
            && signal.AsPoke() is { } poke
        )
        {
            crowd.Counters.Received();
            _ = AnswerAsync(member, controller, poke);
        }
    }

    public void Dispose() => answering.Dispose();

    private async Task AnswerAsync(Member member, string controller, Poke poke)
    {
        var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        var depth = poke.Depth > 1 ? poke.Depth / 2 : null;
        var answer = new PokeBack(poke.Id, Math.Round(now - poke.Ts, 3), poke.Ts, depth, poke.TreeId);
        var content = JsonSerializer.Serialize(answer, PokeJson.Default.PokeBack);
        var backOff = new BackOff(Random.Shared);
        await answering.WaitAsync();
        try
        {
            for (var attempt = 1; attempt <= Attempts && member.Device is { } device; attempt++)
            {
                crowd.Counters.Sent();
                var outcome = await device.SendAsync(Addressee.OfSession(controller), content, PokeBack.Type);
                if (outcome.Code is null)
                {
                    crowd.Counters.Queued();
                    return;
                }

                crowd.Counters.Failed(outcome.Code);
                if (outcome.Status is not (429 or 503) && outcome.Code != "overloaded")
                {
                    return;
                }

                await Task.Delay(backOff.Next(outcome.RetryAfter), TimeProvider.System, CancellationToken.None);
            }
        }
        catch (Exception failure)
        {
            crowd.Counters.Failed(Failures.CodeOf(failure));
        }
        finally
        {
            answering.Release();
        }
    }
}
