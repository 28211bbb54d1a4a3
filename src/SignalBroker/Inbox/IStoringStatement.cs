namespace SignalBroker.Inbox;

/// <summary>What another capability does in each transaction that stores signals.</summary>
internal interface IStoringStatement
{
    /// <summary>
    /// A statement, or nothing. Its parameters are the arrays <c>@users</c>, <c>@sequences</c> and <c>@wakes</c>, with
    /// one element per signal.
    /// </summary>
    string Sql { get; }
}
