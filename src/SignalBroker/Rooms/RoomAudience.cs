using SignalBroker.Sessions;

namespace SignalBroker.Rooms;

/// <summary>The sessions that receive a signal to a room, by node.</summary>
internal sealed class RoomAudience
{
    private readonly Dictionary<string, Share> byNode = [];

    /// <summary>How many members, not counting the sender, have a session among them.</summary>
    public int Listening { get; private set; }

    public int Sessions { get; private set; }

    public IReadOnlyCollection<Share> Shares => byNode.Values;

    /// <summary>Adds a member's sessions, which listen or are about to.</summary>
    /// <param name="except">The name of the sender's session, which is left out.</param>
    /// <param name="counts">False if the member is the sender.</param>
    public void Add(Session[] sessions, string? except, bool counts)
    {
        var before = Sessions;
        foreach (var session in sessions)
        {
            if (session.KnownAs == except)
            {
                continue;
            }

            if (!byNode.TryGetValue(session.Node, out var share))
            {
                byNode[session.Node] = share = new Share(session.Node);
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

        /// <summary>Sessions of the same member are next to each other.</summary>
        public List<Session> Sessions { get; } = [];

        /// <summary>How many members they belong to, not counting the sender.</summary>
        public int Members { get; private set; }

        /// <summary>The same without some of the sessions.</summary>
        /// <param name="sender">The user who does not count; null for none.</param>
        public Share Without(HashSet<Session> some, string? sender)
        {
            var rest = new Share(Node);
            foreach (var session in Sessions.Where(session => !some.Contains(session)))
            {
                rest.Add(session, counts: session.UserId != sender);
            }

            return rest;
        }

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
