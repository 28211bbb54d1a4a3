using System.Diagnostics;
using SignalBroker.Client;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Workers;

/// <summary>All users of one worker.</summary>
internal sealed class Crowd : IDisposable
{
    private const int LeavingAtOnce = 32;

    private readonly Member[] members;
    private readonly SignalLedger ledger;
    private readonly ReceivedLog? log;
    private readonly PokeAnswers answers;
    private readonly CancellationTokenSource ending = new();
    private readonly Dictionary<string, int> nodes = [];
    private readonly Lock changing = new();
    private List<string> came = [];
    private List<string> went = [];
    private bool tellKeys;

    public Crowd(Begin begin, SignalLedger ledger, ReceivedLog? log)
    {
        (this.ledger, this.log) = (ledger, log);
        Servers = [.. begin.Urls.Select(url => new Uri(url))];
        Connections = new DeviceConnections(
            Servers,
            new SourceAddresses(begin.Part % SourceAddresses.Parts),
            begin.Protocol
        );
        members =
        [
            .. Enumerable.Range(begin.First, begin.Count).Select(n => new Member(this, $"{begin.UserPrefix}{n:D6}")),
        ];
        Settled = members;
        answers = new PokeAnswers(this, begin.UserPrefix);
    }

    public Counters Counters { get; } = new();

    /// <summary>The webapps, among which the requests take turns.</summary>
    public IReadOnlyList<Uri> Servers { get; }

    public DeviceConnections Connections { get; }

    /// <summary>Limits how many connect at once.</summary>
    public SemaphoreSlim Entering { get; private set; } = new(1);

    /// <summary>Those that do not leave by themselves.</summary>
    public Member[] Settled { get; private set; }

    public void Connect(Connect order)
    {
        tellKeys = order.TellKeys;
        Entering = new SemaphoreSlim(order.AtOnce);
        Settled = members[..^order.Restless];
        _ = ConnectAsync(order);
    }

    public void Cut(string? listeningAddress)
    {
        foreach (var member in members)
        {
            member.Cut(listeningAddress);
        }
    }

    public async Task LeaveAsync(TimeSpan within)
    {
        await ending.CancelAsync();
        using var limit = new CancellationTokenSource(within);
        try
        {
            await Parallel.ForEachAsync(
                members,
                new ParallelOptions { MaxDegreeOfParallelism = LeavingAtOnce, CancellationToken = limit.Token },
                async (member, _) => await member.LeaveAsync()
            );
        }
        catch (OperationCanceledException)
        {
            // Closing their sockets, as this process will, ends the other sessions too.
        }
    }

    public void Entered(Device device)
    {
        var session = device.Session;
        Counters.Came(device.Protocol);
        lock (changing)
        {
            nodes[session.ListeningAddress] = nodes.GetValueOrDefault(session.ListeningAddress) + 1;
            if (tellKeys)
            {
                came.Add(session.ListeningKey);
            }
        }
    }

    public void Left(SessionInfo session)
    {
        Counters.Went();
        lock (changing)
        {
            nodes[session.ListeningAddress]--;
            if (tellKeys)
            {
                went.Add(session.ListeningKey);
            }
        }
    }

    public void Received(Member member, ReadOnlyMemory<byte> envelope)
    {
        if (SignalText.TryRead(envelope.Span, out var signal, out var due))
        {
            if (ledger.HasArrived(signal))
            {
                Counters.Received();
                Counters.Took(Counters.DeliveryLatency, due);
            }
            else
            {
                Counters.Failed("received-twice");
            }
        }
        else
        {
            answers.Received(member, envelope);
        }

        log?.Write(member.UserId, envelope.Span);
    }

    /// <summary>What has changed since the last call.</summary>
    public (IReadOnlyList<string> Came, IReadOnlyList<string> Went, Dictionary<string, int> Nodes) TakeChanges()
    {
        lock (changing)
        {
            var changes = (came, went, new Dictionary<string, int>(nodes));
            (came, went) = ([], []);
            return changes;
        }
    }

    public void Dispose()
    {
        Connections.Dispose();
        ending.Dispose();
        answers.Dispose();
        Entering.Dispose();
    }

    private async Task ConnectAsync(Connect order)
    {
        var start = Stopwatch.GetTimestamp();
        var restlessFrom = members.Length - order.Restless;
        for (var number = 0; number < members.Length && !ending.IsCancellationRequested; number++)
        {
            long? due = null;
            if (order.PerSecond is { } perSecond)
            {
                due = start + (long)(number / perSecond * Stopwatch.Frequency);
                var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due.Value);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, TimeProvider.System, ending.Token)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }

            _ = members[number].LiveAsync(due, order, number >= restlessFrom, ending.Token);
        }
    }
}
