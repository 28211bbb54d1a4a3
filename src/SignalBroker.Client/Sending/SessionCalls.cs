using System.Text.Json.Serialization.Metadata;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>What a user asks of the webapp besides sending, proven by the session that listens at the moment.</summary>
internal sealed class SessionCalls(Webapp webapp, Outbox<ListeningSession> outbox, bool triesAgain)
{
    /// <summary>Asks, as soon as a session listens, and again after what may pass.</summary>
    /// <param name="method">GET, POST, PUT or DELETE.</param>
    /// <param name="path">The path and the query.</param>
    /// <param name="body">What is asked, as JSON; null for nothing.</param>
    /// <param name="answer">What is answered.</param>
    /// <param name="isRepeatable">Whether it may be asked again when it is not known whether it was done.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="SignalNotSentException">No session listened in time.</exception>
    /// <exception cref="ServerRefusedException">The server answered with an error.</exception>
    /// <exception cref="ServerUnreachableException">It did not answer.</exception>
    public Task<T> AskAsync<T>(
        HttpMethod method,
        string path,
        ReadOnlyMemory<byte>? body,
        JsonTypeInfo<T> answer,
        bool isRepeatable = true,
        CancellationToken cancellationToken = default
    )
        where T : class =>
        outbox.AskAsync(
            (listening, stop) => webapp.AskAsync(listening.Session, method, path, body, answer, stop),
            failure => MayPass(failure, isRepeatable),
            cancellationToken: cancellationToken
        );

    /// <summary>Gets what a path answers.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class => AskAsync(HttpMethod.Get, path, body: null, answer, isRepeatable: true, cancellationToken);

    /// <summary>Asks for something that has no answer, and may be done twice.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public Task TellAsync(HttpMethod method, string path, CancellationToken cancellationToken) =>
        outbox.AskAsync(
            async (listening, stop) =>
            {
                await webapp.TellAsync(listening.Session, method, path, stop);
                return true;
            },
            MayPass,
            cancellationToken: cancellationToken
        );

    /// <summary>Whether something that may be done twice is asked again after such a failure.</summary>
    public bool MayPass(SignalBrokerException failure) => MayPass(failure, isRepeatable: true);

    private bool MayPass(SignalBrokerException failure, bool isRepeatable) =>
        triesAgain
        && failure switch
        {
            ServerRefusedException { Status: 429 or 503 } => true,
            ServerUnreachableException or ServerRefusedException { Status: >= 502 } => isRepeatable,
            _ => false,
        };
}
