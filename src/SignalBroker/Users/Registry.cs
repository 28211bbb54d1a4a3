namespace SignalBroker.Users;

/// <summary>Tells users who were never seen from those who are away, if configured to.</summary>
internal sealed class Registry(UserStore store, IOptions<UsersOptions> options)
{
    private readonly Batcher<string, string> asked = new(store.FindKnownAsync);

    public bool IsKept { get; } = options.Value.Registry;

    /// <summary>Whether the user has ever been seen, or is about to listen.</summary>
    public async ValueTask<bool> KnowsAsync(string userId) => await asked.GetAsync(userId) is not null;
}
