namespace SignalBroker.Inbox;

/// <summary>What another capability writes down in each transaction that stores signals.</summary>
internal interface IStoringStatement
{
    /// <summary>
    /// A statement, or nothing. It takes the arrays <c>@users</c>, <c>@sequences</c> and <c>@wakes</c>, with a place for each
    /// signal.
    /// </summary>
    string Sql { get; }
}
