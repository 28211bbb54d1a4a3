using System.Collections.Concurrent;
using SignalBroker.Client;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Failures;

/// <summary>A user's device that reads numbers with the .NET client, as applications do, and settles them.</summary>
public sealed class NumberReader : IAsyncDisposable
{
    private readonly SignalBrokerClient client;
    private readonly Task reading;

    private NumberReader(SignalBrokerClient client, ConcurrentQueue<ClientState> states)
    {
        (this.client, States) = (client, states);
        reading = ReadAsync();
    }

    public string UserId => client.UserId;

    public string Key => client.Session.ListeningKey;

    /// <summary>What was read, in this order.</summary>
    public ConcurrentQueue<int> Numbers { get; } = new();

    /// <summary>What has become of the connection since it first listened.</summary>
    public ConcurrentQueue<ClientState> States { get; }

    public static async Task<NumberReader> StartAsync(Api api, string? userId = null, string? device = null)
    {
        var states = new ConcurrentQueue<ClientState>();
        var connected = await SignalBrokerClient.ConnectAsync(
            new()
            {
                Url = api.Address,
                UserId = userId,
                Device = device,
                StateChanged = states.Enqueue,
            },
            TestContext.Current.CancellationToken
        );
        states.Clear();
        return new(connected, states);
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await reading;
    }

    private async Task ReadAsync()
    {
        await foreach (var signal in client.ReadSignalsAsync())
        {
            if (signal.Sequence is not null)
            {
                Numbers.Enqueue(signal.Content.GetInt32());
            }
        }
    }
}
