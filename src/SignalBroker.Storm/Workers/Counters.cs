using System.Collections.Concurrent;
using System.Diagnostics;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Workers;

/// <summary>What a worker counts and measures.</summary>
internal sealed class Counters
{
    /// <summary>From the beginning of a connect to the subscription's receipt.</summary>
    public const string ConnectLatency = "connect";

    /// <summary>From the loss of a socket until its user listens again.</summary>
    public const string ReconnectLatency = "reconnect";

    /// <summary>From the moment when a signal was due until its addressee has it.</summary>
    public const string DeliveryLatency = "delivery";

    /// <summary>From the moment when a signal was due until the server has answered.</summary>
    public const string AnswerLatency = "answer";

    private readonly Dictionary<string, LatencyHistogram> latencies = new()
    {
        [ConnectLatency] = new(),
        [ReconnectLatency] = new(),
        [DeliveryLatency] = new(),
        [AnswerLatency] = new(),
    };

    private readonly ConcurrentDictionary<string, long> errors = new();
    private readonly ConcurrentDictionary<ListenerProtocol, long> protocols = new();
    private long connected;
    private long listening;
    private long dropped;
    private long sent;
    private long queued;
    private long received;
    private long lost;
    private long lastCameAt;

    /// <summary>When a user last began to listen, by the monotonic clock.</summary>
    public long LastCameAt => Interlocked.Read(ref lastCameAt);

    public Dictionary<string, long> Errors => new(errors);

    /// <summary>How many sessions have listened, by the protocol's name as it is typed.</summary>
    public Dictionary<string, long> Protocols => protocols.ToDictionary(entry => entry.Key.Word, entry => entry.Value);

    public Totals Totals =>
        new()
        {
            Connected = Interlocked.Read(ref connected),
            Listening = Interlocked.Read(ref listening),
            Dropped = Interlocked.Read(ref dropped),
            Sent = Interlocked.Read(ref sent),
            Queued = Interlocked.Read(ref queued),
            Received = Interlocked.Read(ref received),
            Lost = Interlocked.Read(ref lost),
            Errors = errors.Values.Sum(),
        };

    public void Came(ListenerProtocol protocol)
    {
        protocols.AddOrUpdate(protocol, 1, (_, count) => count + 1);
        Interlocked.Increment(ref connected);
        Interlocked.Increment(ref listening);
        Interlocked.Exchange(ref lastCameAt, Stopwatch.GetTimestamp());
    }

    public void Went() => Interlocked.Decrement(ref listening);

    public void Dropped() => Interlocked.Increment(ref dropped);

    public void Sent() => Interlocked.Increment(ref sent);

    public void Queued() => Interlocked.Increment(ref queued);

    public void Received() => Interlocked.Increment(ref received);

    public void LostNow(long count) => Interlocked.Exchange(ref lost, count);

    public void Failed(string code) => errors.AddOrUpdate(code, 1, (_, count) => count + 1);

    /// <summary>Measures from a moment of the monotonic clock until now.</summary>
    public void Took(string name, long since)
    {
        var microseconds = (long)Stopwatch.GetElapsedTime(since).TotalMicroseconds;
        var histogram = latencies[name];
        lock (histogram)
        {
            histogram.Add(microseconds);
        }
    }

    /// <summary>What was measured since the last call.</summary>
    public Dictionary<string, IReadOnlyList<Bucket>> TakeLatencies()
    {
        var taken = new Dictionary<string, IReadOnlyList<Bucket>>();
        foreach (var (name, histogram) in latencies)
        {
            lock (histogram)
            {
                if (histogram.Count > 0)
                {
                    taken[name] = histogram.Buckets();
                    histogram.Clear();
                }
            }
        }

        return taken;
    }
}
