namespace SignalBroker.Sessions;

/// <summary>What another capability writes down about sessions that end, in the very statement that ends them: no crash comes between.</summary>
/// <remarks>Each part is a list of named subqueries, without the <c>WITH</c> before and the comma behind them.</remarks>
internal interface ISessionStatements
{
    /// <summary>For sessions that were ended, and are deleted later.</summary>
    /// <param name="ended">A named subquery with all columns of <c>sessions</c>.</param>
    string Ended(string ended);

    /// <summary>For sessions that were deleted.</summary>
    /// <param name="deleted">A named subquery with all columns of <c>sessions</c>.</param>
    string Deleted(string deleted);
}
