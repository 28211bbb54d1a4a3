using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>A client that moves as the documentation says.</summary>
internal sealed class Mover(MoveCluster cluster, Listener listener) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, List<int>> bySender = new();
    private readonly Stopwatch sinceLast = Stopwatch.StartNew();
    private TimeSpan longest;
    private bool isToMove;
    private int read;

    public ConnectedSession First { get; } = listener.Session;

    public Listener Current { get; private set; } = listener;

    public List<int> Of(ConnectedSession sender) => bySender[sender.KnownAs!];

    public async Task ReadAsync(int more) => await ReadUntilAsync(read + more);

    public async Task ReadUntilAsync(int count)
    {
        while (read < count)
        {
            Take(await Current.ReceiveAsync());
        }
    }

    /// <summary>Waits to be told, and moves; the longest time without a signal.</summary>
    public async Task<TimeSpan> MoveAsync()
    {
        while (!isToMove)
        {
            Take(await Current.ReceiveAsync());
        }

        (isToMove, longest) = (false, TimeSpan.Zero);
        var old = Current;
        var opening = OpenAsync(old.Session);
        var ends = new HashSet<string>();
        var of = int.MaxValue;
        while (ends.Count < of)
        {
            var envelope = await old.ReceiveAsync();
            if (Take(envelope) is { } by)
            {
                ends.Add(by);
                of = envelope.GetProperty("content").GetProperty("of").GetInt32();
            }
        }

        of.ShouldBe(2);
        Current = await opening;
        old.Arrived().ShouldBeEmpty();
        await old.DisposeAsync();
        return longest;
    }

    public ValueTask DisposeAsync() => Current.DisposeAsync();

    private async Task<Listener> OpenAsync(ConnectedSession predecessor)
    {
        var answer = await cluster.ApiOf(1).TakeOverAsync(predecessor);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return await Listener.StartAsync(answer.Session);
    }

    // Which webapp has sent its last; null for anything else.
    private string? Take(JsonElement envelope)
    {
        var content = envelope.GetProperty("content");
        if (envelope.TryGetProperty("fromSession", out var sender))
        {
            bySender.GetOrAdd(sender.GetString()!, _ => []).Add(content.GetInt32());
            read++;
            longest = sinceLast.Elapsed > longest ? sinceLast.Elapsed : longest;
            sinceLast.Restart();
            return null;
        }

        var what = content.TryGetProperty("event", out var name) ? name.GetString() : null;
        isToMove |= what == "move";
        return what == "moved" ? content.GetProperty("by").GetString() : null;
    }
}
