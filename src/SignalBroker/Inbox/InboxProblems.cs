using SignalBroker.Http;

namespace SignalBroker.Inbox;

/// <summary>Why a signal can't be stored.</summary>
internal static class InboxProblems
{
    /// <summary>The same signal is being sent elsewhere.</summary>
    public static Problem UnderWay { get; } =
        Problem.Of(
            StatusCodes.Status409Conflict,
            "signal-under-way",
            "The same signal is being sent at this moment, and it is not known yet what becomes of it.",
            TimeSpan.FromSeconds(1)
        );

    /// <summary>Its sender has already used the id for another signal.</summary>
    public static Problem IdUsed { get; } =
        Problem.Of(
            StatusCodes.Status409Conflict,
            "id-already-used",
            "The id was given to another signal a while ago; a signal that is sent again must be the same."
        );

    /// <summary>What a sender is told whose signal was not stored.</summary>
    public static Problem Of(Storing ending, string addressee) =>
        ending switch
        {
            Storing.Full => Problem.Of(
                StatusCodes.Status409Conflict,
                "inbox-full",
                $"{addressee} has as many stored signals as allowed."
            ),
            Storing.ShareUsed => Problem.Of(
                StatusCodes.Status409Conflict,
                "inbox-share-used",
                $"{addressee} has as many stored signals of one sender, or of one address, as leave room for others."
            ),
            Storing.BudgetUsed(var wait) => Problem.Of(
                StatusCodes.Status429TooManyRequests,
                "storage-budget-used",
                "The sender or its address has used up what it may store in a day; the budget refills as time goes by.",
                wait
            ),
            Storing.IdUsed => IdUsed,
            _ => UnderWay,
        };
}
