using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox.History;

/// <summary>A sender that goes on with a signal until it is told what became of it, and remembers that.</summary>
/// <param name="api">The webapp of a number.</param>
/// <param name="to">The addressee.</param>
public sealed class HistorySender(Func<int, Api> api, string to)
{
    private readonly string userId = "sender-" + Guid.NewGuid();
    private readonly Dictionary<int, (SentEvent Event, Func<int, Task<SentEvent>> Send)> sent = [];
    private ConnectedSession? session;

    /// <summary>Everything that was sent.</summary>
    public IReadOnlyCollection<SentEvent> Sent => [.. sent.Values.Select(signal => signal.Event)];

    /// <summary>How many signals were sent.</summary>
    public int Count { get; private set; }

    /// <summary>Sends the next signal.</summary>
    public Task SendAsync(int webapp, string store, string? device = null, long? timeToLive = null)
    {
        var number = sent.Count + 1;
        sent[number] = (new SentEvent { Number = number, Device = device }, Send);
        return RepeatAsync(webapp, number);

        async Task<SentEvent> Send(int through)
        {
            session ??= await ConnectAsync(through);
            if (session is null)
            {
                return new SentEvent { Number = number, Device = device };
            }

            var answer = await api(through).StoreAsync(session, to, number, store, id: $"{number}", device, timeToLive);
            if (answer.Status == HttpStatusCode.Unauthorized)
            {
                // It does not listen, so its session expires.
                session = null;
            }

            var known = new SentEvent
            {
                Number = number,
                Device = device,
                IsShortLived = timeToLive is not null,
            };
            return answer.Status switch
            {
                HttpStatusCode.OK when answer.Json.TryGetProperty("outcome", out _) => known with
                {
                    Told = Told.Stored,
                },
                HttpStatusCode.OK => known with { Told = Told.Queued },
                HttpStatusCode.ServiceUnavailable or HttpStatusCode.Unauthorized => known,
                _ when answer.Code == "signal-under-way" => known,
                _ => known with { Told = Told.Refused },
            };
        }
    }

    private async Task<ConnectedSession?> ConnectAsync(int webapp)
    {
        var answer = await api(webapp).PostAsync("/connect", new { userId });
        return answer.Status == HttpStatusCode.OK ? answer.Session : null;
    }

    /// <summary>Sends a signal again, until there is an answer.</summary>
    public async Task RepeatAsync(int webapp, int number)
    {
        if (!sent.TryGetValue(number, out var signal))
        {
            return;
        }

        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var told = await signal.Send(webapp + attempt);
                if (told.Told != Told.Nothing)
                {
                    if (signal.Event.Told != Told.Nothing)
                    {
                        told.ShouldBe(signal.Event, "a repeat is answered as the first time");
                    }

                    sent[number] = (told, signal.Send);
                    Count = sent.Count;
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // The webapp has gone amid it; another one knows.
            }

            attempt.ShouldBeLessThan(600);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>A device that listens now and then, and remembers what it received and settled.</summary>
/// <param name="api">The webapp of a number.</param>
/// <param name="userId">Whose device it is.</param>
/// <param name="device">Its name.</param>
public sealed class HistoryDevice(Func<int, Api> api, string userId, string device) : IAsyncDisposable
{
    private readonly List<ReceivedEvent> received = [];
    private readonly List<SettledEvent> settled = [];
    private Listener? listener;
    private Task reading = Task.CompletedTask;
    private int sessions;

    /// <summary>Its name.</summary>
    public string Name => device;

    /// <summary>What it has received.</summary>
    public IReadOnlyList<ReceivedEvent> Received
    {
        get
        {
            lock (received)
            {
                return [.. received];
            }
        }
    }

    /// <summary>What it has settled.</summary>
    public IReadOnlyList<SettledEvent> Settled => settled;

    /// <summary>How many sessions it has had.</summary>
    public int Sessions => sessions;

    /// <summary>Whether its socket is open, as far as it knows.</summary>
    public bool Listens => listener is not null && !reading.IsCompleted;

    /// <summary>Listens, unless it does.</summary>
    public async Task ListenAsync(int webapp)
    {
        if (Listens)
        {
            return;
        }

        await BreakAsync();
        var started = await Listener.StartAsync(api(webapp), userId, device);
        var session = sessions++;
        listener = started;
        reading = Task.Run(() => ReadAsync(started, session));
    }

    /// <summary>Breaks its socket without a word.</summary>
    public async Task BreakAsync()
    {
        if (listener is { } open)
        {
            listener = null;
            await open.DisposeAsync();
            await reading;
        }
    }

    /// <summary>Settles all that it has received so far, if it has a session.</summary>
    public async Task SettleAsync(int webapp)
    {
        if (listener is not { } open || Received.Max(signal => signal.Sequence) is not { } upTo)
        {
            return;
        }

        var by = sessions;
        try
        {
            var answer = await api(webapp).SettleAsync(open.Session, new { upTo });
            if (answer.Status == HttpStatusCode.OK)
            {
                settled.Add(new(device, upTo, by));
            }
        }
        catch (HttpRequestException)
        {
            // Then it may be settled or not.
        }
    }

    public async ValueTask DisposeAsync() => await BreakAsync();

    private async Task ReadAsync(Listener from, int session)
    {
        while (await from.TryReceiveAsync(TimeSpan.FromMinutes(5)) is { } envelope)
        {
            lock (received)
            {
                received.Add(
                    new(
                        device,
                        session,
                        envelope.Number,
                        envelope.TryGetProperty("sequence", out var sequence) ? sequence.GetInt64() : null
                    )
                );
            }
        }
    }
}
