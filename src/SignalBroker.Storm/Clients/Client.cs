using System.Net.Sockets;
using System.Text.Json;

namespace SignalBroker.Storm.Clients;

/// <summary>One user's device: a session, its listener, and sending.</summary>
public sealed class Client : IAsyncDisposable
{
    private readonly HttpPool http;

    private Client(HttpPool http, Session session, Listener listener) =>
        (this.http, Session, Listener) = (http, session, listener);

    /// <summary>The session.</summary>
    public Session Session { get; }

    /// <summary>The socket that it listens on.</summary>
    public Listener Listener { get; }

    /// <summary>Opens a session and listens, once.</summary>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ListeningFailedException">The node refused, or the socket broke.</exception>
    public static async Task<Client> ConnectOnceAsync(
        HttpPool http,
        SourceAddresses sources,
        string? userId,
        SignalReceived received,
        CancellationToken cancellationToken
    )
    {
        var session = await Session.OpenAsync(http, userId);
        var listener = await Listener.StartAsync(sources, session, received, cancellationToken);
        return new(http, session, listener);
    }

    /// <summary>Opens a session and listens; after a failure that may pass, it waits and tries again with a new session.</summary>
    /// <param name="http">The connections to post over.</param>
    /// <param name="sources">Where the socket comes from.</param>
    /// <param name="userId">Whose session it is; null for an anonymous user.</param>
    /// <param name="received">Hears each signal.</param>
    /// <param name="failed">Hears each failure that is tried again.</param>
    /// <param name="attempts">How often to try.</param>
    /// <param name="cancellationToken">Ends the waiting and the trying.</param>
    public static async Task<Client> ConnectAsync(
        HttpPool http,
        SourceAddresses sources,
        string? userId,
        SignalReceived received,
        Action<Exception> failed,
        int attempts,
        CancellationToken cancellationToken
    )
    {
        var backOff = new BackOff();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ConnectOnceAsync(http, sources, userId, received, cancellationToken);
            }
            catch (Exception failure) when (attempt < attempts && MayPass(failure))
            {
                cancellationToken.ThrowIfCancellationRequested();
                failed(failure);
                await Task.Delay(backOff.Next(failure), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Whether trying again may help.</summary>
    public static bool MayPass(Exception failure) =>
        failure
            is ServerRefusedException { IsTransient: true }
                or ListeningFailedException
                or TimeoutException
                or IOException
                or SocketException;

    /// <summary>Sends one signal to a user.</summary>
    /// <param name="to">The user's id.</param>
    /// <param name="contentJson">The content, as JSON.</param>
    /// <param name="type">What it is about, or null.</param>
    public Task<SendOutcome> SendAsync(string to, string contentJson, string? type = null) =>
        PostAsync("to", to, contentJson, type);

    /// <summary>Sends one signal to a session.</summary>
    /// <param name="listeningKey">The session's.</param>
    /// <param name="contentJson">The content, as JSON.</param>
    /// <param name="type">What it is about, or null.</param>
    public Task<SendOutcome> SendToSessionAsync(string listeningKey, string contentJson, string? type = null) =>
        PostAsync("toSession", listeningKey, contentJson, type);

    /// <summary>Ends the session at the server, and the socket.</summary>
    public async Task DisconnectAsync()
    {
        Listener.Abort();
        await Session.CloseAsync(http);
    }

    /// <summary>Closes the socket, which ends the session too.</summary>
    public ValueTask DisposeAsync() => Listener.DisposeAsync();

    private async Task<SendOutcome> PostAsync(string toMember, string to, string contentJson, string? type)
    {
        var typeMember = type is null ? "" : $"\"type\":\"{JsonEncodedText.Encode(type)}\",";
        var body = $$"""{"{{toMember}}":"{{JsonEncodedText.Encode(to)}}",{{typeMember}}"content":{{contentJson}}}""";
        var connection = http.Take();
        try
        {
            return SendOutcome.Read(
                await connection.PostAsync("/exchange", Session.Authorization, "application/json", body)
            );
        }
        finally
        {
            http.Give(connection);
        }
    }
}
