using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SignalBroker.Client.Http;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>
/// A backend that sends as itself, proven by its service key, without a session: receivers see
/// <see cref="Signal.FromApplication"/>. All members are thread-safe; one for the whole process is enough.
/// </summary>
/// <example>
/// <code>
/// var shop = new SignalBrokerApplication(new() { Url = new("https://signal.example"), ServiceKey = key });
/// await shop.SendAsync("alice", JsonElement.Parse("\"your order is ready\""));
/// </code>
/// </example>
public sealed class SignalBrokerApplication
{
    private readonly SignalBrokerApplicationOptions options;
    private readonly Outbox<AuthenticationHeaderValue> outbox;

    /// <summary>Makes it; nothing is sent before the first signal.</summary>
    /// <param name="options">Which application, and where to.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SignalBrokerApplication(SignalBrokerApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!SignalBrokerClientOptions.IsWebAddress(options.Url))
        {
            throw new ArgumentException("Url must be an http or https address.", nameof(options));
        }

        ArgumentException.ThrowIfNullOrEmpty(options.ServiceKey, nameof(options));
        this.options = options;
        var calls = new HttpCalls(options.Url, options.Http, options.TimeProvider);
        outbox = new Outbox<AuthenticationHeaderValue>(
            (key, signal, cancellationToken) => Webapp.ExchangeAsync(calls, key, signal.Body, cancellationToken),
            expired: null,
            options.TimeProvider
        );
        outbox.Open(UserProof.ServiceKey(options.ServiceKey));
    }

    /// <summary>
    /// Sends any JSON. Signals to one addressee go one after the other, in the order of the calls; one that the server can't
    /// take at the moment is tried again for its time to live, 30 s if none is said.
    /// </summary>
    /// <param name="to">A user's id, for all listening sessions of the user, or <see cref="Addressee.OfSession"/>.</param>
    /// <param name="content">The content; with the rest of the request at most 64 KiB.</param>
    /// <param name="options">What else there is to say; null for nothing.</param>
    /// <param name="cancellationToken">Gives the signal up; one that is under way may arrive all the same.</param>
    /// <returns>What became of it at each session.</returns>
    /// <exception cref="UserNotListeningException">The addressee has no session that listens.</exception>
    /// <exception cref="UnauthorizedException">No application has this service key.</exception>
    /// <exception cref="ServerRefusedException">The server refused it otherwise.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer: it may have been sent.</exception>
    /// <exception cref="SignalNotSentException">It waited for its whole time to live behind others.</exception>
    /// <exception cref="OperationCanceledException">It was given up by the caller.</exception>
    public Task<Sent> SendAsync(
        Addressee to,
        JsonElement content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendAsync(OutgoingSignal.Write(to, options, this.options.TimeProvider, content.WriteTo), cancellationToken);

    /// <summary>Sends an object as JSON, without reflection.</summary>
    /// <param name="to">A user's id, for all listening sessions of the user, or <see cref="Addressee.OfSession"/>.</param>
    /// <param name="content">The content.</param>
    /// <param name="contentType">How the content is written, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="options">What else there is to say; null for nothing.</param>
    /// <param name="cancellationToken">Gives the signal up; one that is under way may arrive all the same.</param>
    /// <inheritdoc cref="SendAsync(Addressee, JsonElement, SendOptions?, CancellationToken)"/>
    // Otherwise it would be ambiguous whose options a "new() { … }" are.
    [OverloadResolutionPriority(-1)]
    public Task<Sent> SendAsync<T>(
        Addressee to,
        T content,
        JsonTypeInfo<T> contentType,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        SendAsync(
            OutgoingSignal.Write(
                to,
                options,
                this.options.TimeProvider,
                writer => JsonSerializer.Serialize(writer, content, contentType)
            ),
            cancellationToken
        );

    /// <inheritdoc cref="SendAsync(Addressee, JsonElement, SendOptions?, CancellationToken)"/>
    [RequiresUnreferencedCode("Pass the content's JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Pass the content's JsonTypeInfo where code is compiled ahead of time.")]
    public Task<Sent> SendAsync<T>(
        Addressee to,
        T content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        SendAsync(
            OutgoingSignal.Write(
                to,
                options,
                this.options.TimeProvider,
                writer => JsonSerializer.Serialize(writer, content, JsonSerializerOptions.Web)
            ),
            cancellationToken
        );

    private async Task<Sent> SendAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var sent = await outbox.SendAsync(signal, cancellationToken);
        // A request that failed may still be read from, so only then its memory is not given back.
        signal.Dispose();
        return sent;
    }
}
