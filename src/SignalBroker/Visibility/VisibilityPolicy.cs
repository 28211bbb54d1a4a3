namespace SignalBroker.Visibility;

/// <summary>Decides who may see whether a user listens. An application sees everyone, and users see themselves.</summary>
internal sealed class VisibilityPolicy(VisibilityStore store, IOptions<VisibilityOptions> options)
{
    public PresenceVisibility Rule { get; } = options.Value.Visibility;

    /// <summary>Whether everyone may see everyone.</summary>
    public bool IsOpen => Rule == PresenceVisibility.Everyone;

    /// <summary>Whether even the members of a room may not know which of them listen.</summary>
    public bool HidesMembers => Rule == PresenceVisibility.Nobody;

    /// <summary>An SQL condition that is true where a viewer may see a user.</summary>
    /// <param name="viewer">An SQL expression for the viewer's id, which is NULL for an application.</param>
    /// <param name="user">An SQL expression for the user's id.</param>
    public string Condition(string viewer, string user) =>
        Rule switch
        {
            PresenceVisibility.Everyone => "true",
            PresenceVisibility.SameRoom =>
                $"({viewer} IS NULL OR {user} = {viewer} OR {VisibilityStore.IsKnownTo(viewer, user)})",
            _ => $"({viewer} IS NULL OR {user} = {viewer})",
        };

    /// <summary>An SQL subquery of the users whom <c>@viewer</c> may see, each once; null for everyone.</summary>
    /// <param name="viewer">Null for an application.</param>
    public string? VisibleTo(string? viewer) =>
        viewer is null || IsOpen ? null
        : Rule == PresenceVisibility.SameRoom
            ? $"(SELECT @viewer::text AS user_id UNION {VisibilityStore.KnownTo("@viewer")})"
        : "(SELECT @viewer::text AS user_id)";

    /// <summary>Whether the viewer may see the user.</summary>
    public async ValueTask<bool> MaySeeAsync(string viewer, string userId) =>
        IsOpen || viewer == userId || (Rule == PresenceVisibility.SameRoom && await store.IsKnownAsync(viewer, userId));

    /// <summary>Whether the viewer may see the user of this session; false if the session is gone.</summary>
    public async ValueTask<bool> MaySeeSessionAsync(string viewer, string listeningKey) =>
        IsOpen || (Rule == PresenceVisibility.SameRoom && await store.IsSessionKnownAsync(viewer, listeningKey));
}
