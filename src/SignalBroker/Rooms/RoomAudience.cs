using SignalBroker.Identity;
using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>The sessions that a signal to a room goes to, by the nodes that hold their queues.</summary>
internal sealed class RoomAudience
{
    private readonly Dictionary<string, Share> byNode = [];

    /// <summary>How many members have a session among them, the sender not counted.</summary>
    public int Listening { get; private set; }

    /// <summary>How many sessions there are.</summary>
    public int Sessions { get; private set; }

    /// <summary>The part of each node.</summary>
    public IReadOnlyCollection<Share> Shares => byNode.Values;

    /// <summary>Adds a member's sessions.</summary>
    /// <param name="sessions">They listen, or are about to.</param>
    /// <param name="except">The listening key of one that is left out: the sender's.</param>
    /// <param name="counts">Whether the member is another one than the sender.</param>
    public void Add(Session[] sessions, string? except, bool counts)
    {
        var before = Sessions;
        foreach (var session in sessions)
        {
            if (session.ListeningKey == except)
            {
                continue;
            }

            if (!byNode.TryGetValue(session.Node, out var share))
            {
                share = new Share(session.Node);
                byNode.Add(session.Node, share);
            }

            share.Add(session, counts);
            Sessions++;
        }

        if (counts && Sessions > before)
        {
            Listening++;
        }
    }

    /// <summary>The sessions on one node.</summary>
    public sealed class Share(string node)
    {
        private string? lastUser;

        public string Node { get; } = node;

        /// <summary>The sessions, those of one member next to each other.</summary>
        public List<Session> Sessions { get; } = [];

        /// <summary>How many members they belong to, the sender not counted.</summary>
        public int Members { get; private set; }

        internal void Add(Session session, bool counts)
        {
            Sessions.Add(session);
            if (counts && session.UserId != lastUser)
            {
                Members++;
            }

            lastUser = session.UserId;
        }
    }
}
