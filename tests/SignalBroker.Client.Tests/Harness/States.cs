using System.Threading.Channels;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>The states of a client, in their order.</summary>
public sealed class States
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Channel<ClientState> told = Channel.CreateUnbounded<ClientState>();

    /// <summary>To be <see cref="SignalBrokerClientOptions.StateChanged"/>.</summary>
    public void Add(ClientState state) => told.Writer.TryWrite(state);

    /// <summary>The next state of this kind that fits; others before it are passed over.</summary>
    public async Task<TState> NextAsync<TState>(Func<TState, bool>? fits = null)
        where TState : ClientState
    {
        while (true)
        {
            if (await NextAsync() is TState wanted && fits?.Invoke(wanted) != false)
            {
                return wanted;
            }
        }
    }

    /// <summary>The next state.</summary>
    public Task<ClientState> NextAsync() =>
        told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TimeProvider.System);

    /// <summary>Whether there are states that were not asked for.</summary>
    public bool IsEmpty => told.Reader.Count == 0;
}
