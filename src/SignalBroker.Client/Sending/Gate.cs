namespace SignalBroker.Client.Sending;

/// <summary>What signals wait at while the client does not listen. Any thread may call it.</summary>
internal sealed class Gate<TSender>
    where TSender : class
{
    private readonly Lock changing = new();
    private TaskCompletionSource<TSender> opening = NewOpening();

    /// <summary>Ends with the sender when there is one, or with why there never will be.</summary>
    public Task<TSender> Opening
    {
        get
        {
            lock (changing)
            {
                return opening.Task;
            }
        }
    }

    public bool IsOpen => Opening.IsCompletedSuccessfully;

    /// <summary>Why it was closed for good; null as long as it may open.</summary>
    public SignalNotSentException? ClosedBy { get; private set; }

    /// <summary>Lets through what waits, and what comes.</summary>
    public void Open(TSender sender)
    {
        lock (changing)
        {
            if (ClosedBy is null)
            {
                Renew();
                opening.SetResult(sender);
            }
        }
    }

    /// <summary>Lets signals wait until <see cref="Open"/> is called.</summary>
    /// <param name="sender">Does so only if this one is open; null for any.</param>
    public void Shut(TSender? sender = null)
    {
        lock (changing)
        {
            if (ClosedBy is null && (sender is null || IsOpenFor(sender)))
            {
                Renew();
            }
        }
    }

    /// <summary>Fails what waits and whatever comes; returns false if that was so already.</summary>
    public bool Close(SignalNotSentException why)
    {
        lock (changing)
        {
            if (ClosedBy is not null)
            {
                return false;
            }

            Renew();
            ClosedBy = why;
            opening.SetException(why);
            // Often nobody awaits it.
            _ = opening.Task.Exception;
            return true;
        }
    }

    private static TaskCompletionSource<TSender> NewOpening() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool IsOpenFor(TSender sender) =>
        opening.Task.IsCompletedSuccessfully && ReferenceEquals(opening.Task.Result, sender);

    private void Renew()
    {
        if (opening.Task.IsCompleted)
        {
            opening = NewOpening();
        }
    }
}
