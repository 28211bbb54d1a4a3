using System.Text;
using System.Threading.Channels;

namespace SignalBroker.Client;

/// <summary>A watch of some users' presence; only the latest state of each waits to be read.</summary>
internal sealed class PresenceWatch(IEnumerable<string> users)
{
    private readonly Lock changing = new();
    private readonly Dictionary<string, Presence?> told = users
        .Select(AsSent)
        .Distinct()
        .ToDictionary(user => user, _ => (Presence?)null);
    private readonly Dictionary<string, Presence> news = [];
    private readonly Channel<bool> changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private bool hasEnded;
    private Exception? failure;

    public IReadOnlyCollection<string> Users => told.Keys;

    /// <summary>Whether the server has accepted the subscription.</summary>
    public bool IsAgreed { get; set; }

    public void Tell(Presence presence)
    {
        lock (changing)
        {
            // Notices and answers may overtake each other.
            if (
                told.TryGetValue(presence.UserId, out var before)
                && ((news.GetValueOrDefault(presence.UserId) ?? before) is not { } last || last.AsOf <= presence.AsOf)
            )
            {
                news[presence.UserId] = presence;
                changes.Writer.TryWrite(true);
            }
        }
    }

    /// <summary>Ends the watch, with the failure if there is one.</summary>
    public void End(Exception? why)
    {
        lock (changing)
        {
            (hasEnded, failure) = (true, why);
            changes.Writer.TryWrite(true);
        }
    }

    /// <summary>Waits for states that differ from those told before; null at the end.</summary>
    public async Task<IReadOnlyList<Presence>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (changing)
            {
                var changed = news.Values.Where(presence => !presence.IsNoNewsAfter(told[presence.UserId])).ToList();
                foreach (var presence in news.Values)
                {
                    told[presence.UserId] = presence;
                }

                news.Clear();
                if (changed.Count > 0)
                {
                    return changed;
                }

                if (hasEnded)
                {
                    return failure is null ? null : throw failure;
                }
            }

            await changes.Reader.ReadAsync(cancellationToken);
        }
    }

    // As the server writes names: in Unicode's form C, and without lone surrogates, which JSON can't hold.
    private static string AsSent(string user) =>
        Ascii.IsValid(user) ? user : string.Concat(user.EnumerateRunes()).Normalize();
}
