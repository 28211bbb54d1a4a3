using System.Text.Json.Serialization.Metadata;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>A user's requests to the webapp besides sending, made with the session that listens.</summary>
internal sealed class SessionCalls(Webapp webapp, Outbox<ListeningSession> outbox, bool triesAgain)
{
    /// <summary>Makes a request as soon as a session listens, and again after a transient failure.</summary>
    /// <remarks>One that may have been carried out is made again only if it is repeatable.</remarks>
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
            (listening, stop) =>
                webapp.Calls.AskAsync(method, path, body, listening.Session.Authorization, answer, stop),
            failure => MayPass(failure, isRepeatable),
            cancellationToken: cancellationToken
        );

    /// <inheritdoc cref="AskAsync{T}"/>
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class => AskAsync(HttpMethod.Get, path, body: null, answer, isRepeatable: true, cancellationToken);

    /// <summary>Makes a request that has no answer and may be carried out twice.</summary>
    /// <inheritdoc cref="AskAsync{T}"/>
    public Task TellAsync(HttpMethod method, string path, CancellationToken cancellationToken) =>
        outbox.AskAsync(
            (listening, stop) =>
            {
                var proof = listening.Session.Authorization;
                return webapp.Calls.SendAsync(method, path, content: null, proof, HttpCalls.Patience, stop);
            },
            failure => MayPass(failure),
            cancellationToken: cancellationToken
        );

    /// <summary>Whether a request is repeated after such a failure.</summary>
    public bool MayPass(SignalBrokerException failure, bool isRepeatable = true) =>
        triesAgain
        && failure switch
        {
            ServerRefusedException { Status: 429 or 503 } => true,
            ServerUnreachableException or ServerRefusedException { Status: >= 502 } => isRepeatable,
            _ => false,
        };
}
