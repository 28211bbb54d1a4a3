using System.Net.Http.Headers;
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
public sealed class SignalBrokerApplication : SignalSender
{
    private readonly Outbox<AuthenticationHeaderValue> outbox;

    /// <summary>Makes it; nothing is sent before the first signal.</summary>
    /// <param name="options">Which application, and where to.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SignalBrokerApplication(SignalBrokerApplicationOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).TimeProvider)
    {
        if (SignalBrokerClientOptions.Flaw(options.Url) is { } flaw)
        {
            throw new ArgumentException(flaw, nameof(options));
        }

        ArgumentException.ThrowIfNullOrEmpty(options.ServiceKey, nameof(options));
        var calls = new HttpCalls(options.Url, options.Http, options.TimeProvider);
        outbox = new Outbox<AuthenticationHeaderValue>(
            new ApplicationDelivery(calls),
            expired: null,
            options.TimeProvider
        );
        outbox.Open(UserProof.ServiceKey(options.ServiceKey));
    }

    private protected override Task<ExchangeAnswer> DeliverAsync(
        OutgoingSignal signal,
        CancellationToken cancellationToken
    ) => outbox.SendAsync(signal, cancellationToken);
}
