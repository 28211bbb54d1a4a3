using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using SignalBroker.Client;

namespace SignalBroker.Tests.Harness;

/// <summary>A user's device that listens with the .NET client, as applications do; <see cref="Listener"/> speaks raw STOMP.</summary>
public sealed class ClientListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly HttpMessageInvoker Http = new(new SocketsHttpHandler { UseProxy = false });

    private readonly SignalBrokerClient client;
    private readonly ChannelReader<string> envelopes;

    private ClientListener(SignalBrokerClient client, ChannelReader<string> envelopes)
    {
        (this.client, this.envelopes) = (client, envelopes);
        var credential = Encoding.ASCII.GetString(Convert.FromBase64String(client.GetAuthorization().Parameter!));
        var (key, address) = (client.Session.ListeningKey, client.Session.ListeningAddress);
        var passcode = credential[(key.Length + 1)..];
        Session = new(client.UserId, client.Session.Device, address, key, passcode, Ack: true, AckBy: default);
        Passcodes.Remember(Session);
    }

    /// <summary>The session, which it has for as long as its socket stays.</summary>
    public ConnectedSession Session { get; }

    public string Key => Session.ListeningKey;

    public static async Task<ClientListener> StartAsync(Api api, string? userId = null, string? device = null)
    {
        var arrived = Channel.CreateUnbounded<string>();
        var connected = await SignalBrokerClient.ConnectAsync(
            new()
            {
                Url = api.Address,
                UserId = userId,
                Device = device,
                Http = Http,
                // A lost socket is the test's business.
                Reconnects = false,
                EnvelopeArrived = envelope => arrived.Writer.TryWrite(Encoding.UTF8.GetString(envelope.Span)),
            }
        );
        return new(connected, arrived.Reader);
    }

    /// <summary>The next signal's envelope, to the letter.</summary>
    public async Task<string> ReceiveTextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        return await envelopes.ReadAsync(limit.Token);
    }

    /// <summary>The next signal's envelope.</summary>
    public async Task<JsonElement> ReceiveAsync() => JsonElement.Parse(await ReceiveTextAsync());

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
