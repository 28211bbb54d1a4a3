using System.Net.Http.Headers;
using System.Text;
using RabbitMQ.Client;

namespace SignalBroker.Bench;

/// <summary>The loads that are measured.</summary>
public static class Loads
{
    private const int Payload = 1500;

    // So many publishes may wait for their confirm; more does not make the broker faster.
    private const int Window = 256;

    /// <summary>Opens listening sessions, a number of them at a time.</summary>
    public static async Task<List<(Session Session, Listener Listener)>> ConnectAsync(
        HttpClient http,
        int count,
        int atOnce
    )
    {
        var opened = new List<(Session, Listener)>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (_, _) =>
            {
                var session = await Session.OpenAsync(http);
                var listener = await Listener.StartAsync(session);
                lock (opened)
                {
                    opened.Add((session, listener));
                }
            }
        );
        return opened;
    }

    /// <summary>Signals through /exchange: each sender waits for its answer before it sends again.</summary>
    /// <returns>How many were answered with 200.</returns>
    public static async Task<long> ExchangeAsync(
        HttpClient http,
        IReadOnlyList<Session> senders,
        IReadOnlyList<Session> receivers,
        TimeSpan duration
    )
    {
        using var over = new CancellationTokenSource(duration);
        var sent = 0L;
        var bodies = receivers
            .Select(to =>
                Encoding.UTF8.GetBytes($$"""{"to":"{{to.UserId}}","content":"{{new string('x', Payload)}}"}""")
            )
            .ToArray();
        await Task.WhenAll(senders.Select((sender, number) => Task.Run(() => SendAsync(sender, number))));
        return sent;

        async Task SendAsync(Session sender, int number)
        {
            for (var next = number; !over.IsCancellationRequested; next += senders.Count)
            {
                using var content = new ByteArrayContent(bodies[next % bodies.Length]);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using var request = new HttpRequestMessage(HttpMethod.Post, "/exchange") { Content = content };
                request.Headers.Authorization = sender.Authorization;
                using var answer = await http.SendAsync(request, CancellationToken.None);
                answer.EnsureSuccessStatusCode();
                Interlocked.Increment(ref sent);
            }
        }
    }

    /// <summary>The same signals published straight to the broker, pipelined and confirmed.</summary>
    /// <returns>How many were confirmed.</returns>
    public static async Task<long> PublishAsync(Uri broker, IReadOnlyList<Session> receivers, TimeSpan duration)
    {
        await using var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false)
        );
        using var window = new SemaphoreSlim(Window);
        var confirmed = 0L;
        var lowest = 1UL;
        var early = new HashSet<ulong>();
        channel.BasicAcksAsync += (_, confirm) =>
        {
            var count = 0;
            for (; confirm.Multiple && lowest < confirm.DeliveryTag; lowest++)
            {
                count += early.Remove(lowest) ? 0 : 1;
            }

            early.Add(confirm.DeliveryTag);
            while (early.Remove(lowest))
            {
                lowest++;
            }

            count++;
            Interlocked.Add(ref confirmed, count);
            window.Release(count);
            return Task.CompletedTask;
        };
        var body = Encoding.UTF8.GetBytes($$"""{"content":"{{new string('x', Payload)}}"}""");
        var properties = new BasicProperties();
        using var over = new CancellationTokenSource(duration);
        for (var next = 0; !over.IsCancellationRequested; next++)
        {
            await window.WaitAsync(CancellationToken.None);
            await channel.BasicPublishAsync(
                "",
                receivers[next % receivers.Count].ListeningKey,
                mandatory: true,
                properties,
                body
            );
        }

        return Interlocked.Read(ref confirmed);
    }
}
