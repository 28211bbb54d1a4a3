namespace SignalBroker.Sessions;

/// <summary>What another capability has to say in the very statements that open and end sessions: no crash comes between.</summary>
internal interface ISessionStatements
{
    /// <summary>Named subqueries for sessions that were ended, and are deleted later; empty for none.</summary>
    /// <param name="ended">A named subquery with all columns of <c>sessions</c>.</param>
    string Ended(string ended) => "";

    /// <summary>Named subqueries for sessions that were deleted; empty for none.</summary>
    /// <param name="deleted">A named subquery with all columns of <c>sessions</c>.</param>
    string Deleted(string deleted) => "";

    /// <summary>An SQL expression: until when a user may open no session; null if it may.</summary>
    /// <param name="userId">An SQL expression: the user.</param>
    string BlockedUntil(string userId) => "NULL";
}

/// <summary>What all other capabilities have to say.</summary>
internal static class SessionStatements
{
    extension(IEnumerable<ISessionStatements> others)
    {
        /// <summary>The named subqueries of all, each with a comma before it.</summary>
        public string Parts(Func<ISessionStatements, string> part) =>
            string.Concat(others.Select(part).Where(text => text.Length > 0).Select(text => ", " + text));
    }
}
