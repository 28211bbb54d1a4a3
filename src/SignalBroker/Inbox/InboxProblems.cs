namespace SignalBroker.Inbox;

/// <summary>Why a signal can't be stored.</summary>
internal static class InboxProblems
{
    /// <summary>What the sender of a signal that was not stored is told.</summary>
    public static Problem Of(Storing ending, string addressee) =>
        ending switch
        {
            Storing.Full => Conflict("inbox-full", $"{addressee} has as many stored signals as allowed."),
            Storing.ShareUsed => Conflict(
                "inbox-share-used",
                $"{addressee} has as many stored signals of one sender, or of one address, as leave room for others."
            ),
            Storing.BudgetUsed(var wait) => Problem.Of(
                StatusCodes.Status429TooManyRequests,
                "storage-budget-used",
                "The sender or its address has used up what it may store in a day; the budget refills as time goes by.",
                wait
            ),
            Storing.IdUsed => Conflict(
                "id-already-used",
                "The id was given to another signal a while ago; a signal that is sent again must be the same."
            ),
            _ => Conflict(
                "signal-under-way",
                "The same signal is being sent at this moment, and its outcome is not known yet.",
                TimeSpan.FromSeconds(1)
            ),
        };

    private static Problem Conflict(string code, string detail, TimeSpan? retryAfter = null) =>
        Problem.Of(StatusCodes.Status409Conflict, code, detail, retryAfter);
}
