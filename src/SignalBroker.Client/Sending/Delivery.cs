using SignalBroker.Client.Http;

namespace SignalBroker.Client.Sending;

/// <summary>Hands signals over to the server, several in one request where that is possible.</summary>
internal abstract class Delivery<TSender>
{
    private volatile bool takesNoArrays;

    /// <summary>Whether several signals may go in one request at the moment.</summary>
    public bool TakesSeveral(TSender sender) => !takesNoArrays && IsPosting(sender);

    /// <summary>Sends one signal, as the sender does at the moment.</summary>
    public abstract Task<ExchangeAnswer> SendAsync(
        TSender sender,
        OutgoingSignal signal,
        CancellationToken cancellationToken
    );

    /// <summary>Sends the first signal, and in the same request those that go along with it.</summary>
    /// <remarks>One token gives up the first alone, the other all of them.</remarks>
    public async Task<ExchangeAnswer> SendAsync(
        TSender sender,
        IReadOnlyList<Place> places,
        CancellationToken stop,
        CancellationToken closing
    )
    {
        var first = places[0].Signal;
        if (places.Count == 1)
        {
            return await SendAsync(sender, first, stop);
        }

        var (answer, failure) = await SendTogetherAsync(sender, places, closing).WaitAsync(stop);
        return answer ?? (failure is null ? await SendAsync(sender, first, stop) : throw failure);
    }

    /// <summary>Whether signals go by requests to the webapp at the moment.</summary>
    protected abstract bool IsPosting(TSender sender);

    /// <summary>Posts several signals, and returns what became of each, in their order.</summary>
    protected abstract Task<IReadOnlyList<SignalAnswer>> PostAsync(
        TSender sender,
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        CancellationToken cancellationToken
    );

    // Tells all but the first what became of them, and returns what became of that.
    private async Task<SignalAnswer> SendTogetherAsync(
        TSender sender,
        IReadOnlyList<Place> places,
        CancellationToken closing
    )
    {
        IReadOnlyList<SignalAnswer> answers;
        try
        {
            answers = await PostAsync(sender, [.. places.Select(place => place.Signal.Body)], closing);
        }
        catch (InvalidRequestException old) when (old.Status == 400)
        {
            takesNoArrays = true;
            answers = new SignalAnswer[places.Count];
        }
        catch (Exception failure)
        {
            var why =
                failure as SignalBrokerException
                ?? new ServerUnreachableException(
                    $"No answer came, so it may have arrived: {failure.Message}",
                    failure
                );
            answers = [.. places.Select(_ => new SignalAnswer(null, why))];
        }

        foreach (var (place, answer) in places.Zip(answers).Skip(1))
        {
            place.Along!.SetResult(answer);
        }

        return answers[0];
    }
}
