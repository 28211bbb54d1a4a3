using System.Net;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.Users;

namespace SignalBroker.Connect;

/// <summary>Opens sessions; connects that come at the same time share a statement.</summary>
internal sealed class SessionOpener
{
    private readonly OpeningStore store;
    private readonly NodeCatalog nodes;
    private readonly SessionsOptions options;
    private readonly DailyBudget<IPAddress> newOnes;
    private readonly Batcher<NewSession, Opening> openings;

    public SessionOpener(
        OpeningStore store,
        NodeCatalog nodes,
        IOptions<SessionsOptions> options,
        IOptions<UsersOptions> users,
        TimeProvider clock
    )
    {
        (this.store, this.nodes, this.options) = (store, nodes, options.Value);
        newOnes = new(users.Value.NewPerDayOfAddress, clock);
        openings = new(OpenAsync);
    }

    /// <summary>Opens a session, unless its user or address has too many.</summary>
    /// <exception cref="TimeoutException">There was no answer for 5 s; a session that was opened nevertheless expires.</exception>
    public async Task<Opening> OpenAsync(NewSession session)
    {
        if (session.ByApplication)
        {
            return (await openings.GetAsync(session))!;
        }

        // Most users are known; but only the statement that opens the session can tell.
        using var newOne = newOnes.Reserve(session.Address);
        var opening = (await openings.GetAsync(session with { MayBeNew = newOne.Wait is null }))!;
        if (opening is Opening.Opened { IsNew: true })
        {
            newOne.Keep();
        }

        return opening is Opening.TooManyNew ? new Opening.TooManyNew(newOne.Wait) : opening;
    }

    private async Task<IReadOnlyDictionary<NewSession, Opening>> OpenAsync(IReadOnlyList<NewSession> sessions)
    {
        var limits = new OpeningLimits(
            options.PerUser == SessionsPerUser.Many ? options.MaxPerUser : 1,
            options.MaxPerAddress,
            [.. nodes.Nodes.Where(node => node.Responsive || node.Blocked).Select(node => node.Name)],
            options.PerUser,
            options.AckWithin
        );
        var ended = new Dictionary<NewSession, Opening>();
        while (ended.Count < sessions.Count)
        {
            // One user's connects come one after the other, so that each is judged by those before it.
            NewSession[] round =
            [
                .. sessions.Where(session => !ended.ContainsKey(session)).DistinctBy(session => session.UserId),
            ];
            foreach (var (session, opening) in round.Zip(await store.OpenAsync(round, limits)))
            {
                ended[session] = opening;
            }
        }

        return ended;
    }
}
