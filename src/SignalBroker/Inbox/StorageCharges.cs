namespace SignalBroker.Inbox;

/// <summary>What one transaction takes out of senders' budgets, and puts back unless it is committed.</summary>
internal sealed class StorageCharges(StorageBudget budget) : IDisposable
{
    private readonly List<(Payer Payer, long Bytes)> taken = [];

    /// <inheritdoc cref="StorageBudget.Take" />
    public TimeSpan? Take(Payer payer, long bytes)
    {
        var wait = budget.Take(payer, bytes);
        if (wait is null)
        {
            taken.Add((payer, bytes));
        }

        return wait;
    }

    /// <inheritdoc cref="StorageBudget.GiveBack" />
    public void GiveBack(Payer payer, long bytes)
    {
        budget.GiveBack(payer, bytes);
        taken.Add((payer, -bytes));
    }

    /// <summary>Keeps what was taken: the transaction is committed.</summary>
    public void Keep() => taken.Clear();

    public void Dispose()
    {
        foreach (var (payer, bytes) in taken)
        {
            budget.GiveBack(payer, bytes);
        }
    }
}
