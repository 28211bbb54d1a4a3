using Microsoft.AspNetCore.Http.Metadata;

namespace SignalBroker.Http;

/// <summary>How an error looks, for the API's description.</summary>
/// <param name="Type">Always <c>about:blank</c>: the code says what it is.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, for people.</param>
/// <param name="Code">What happened, for programs; it never changes.</param>
internal sealed record ProblemSchema(string Type, string Title, int Status, string Detail, string Code);

/// <summary>Short words for what the endpoints say about themselves.</summary>
internal static class EndpointDocs
{
    extension(RouteHandlerBuilder endpoint)
    {
        /// <summary>Says what the body looks like, as JSON and as a form.</summary>
        public RouteHandlerBuilder Takes<TBody>()
            where TBody : notnull =>
            endpoint.WithMetadata(new AcceptsMetadata([RequestBody.Json, RequestBody.Form], typeof(TBody)));

        /// <summary>Says what the body looks like, which must be JSON.</summary>
        public RouteHandlerBuilder TakesJson<TBody>()
            where TBody : notnull => endpoint.WithMetadata(new AcceptsMetadata([RequestBody.Json], typeof(TBody)));

        /// <summary>Says which errors there are.</summary>
        public RouteHandlerBuilder Fails(params ReadOnlySpan<int> statuses)
        {
            foreach (var status in statuses)
            {
                endpoint.Produces<ProblemSchema>(status, "application/problem+json");
            }

            return endpoint;
        }

        /// <summary>Says that the endpoint itself answers whatever comes.</summary>
        public RouteHandlerBuilder AnswersAlways() => endpoint.WithMetadata(new AnswersAlways());

        /// <summary>Says that the session's credential is needed.</summary>
        public RouteHandlerBuilder RequiresCredential() => endpoint.WithMetadata(new CredentialRequired());

        /// <summary>Says that a user's token or a service key proves who connects.</summary>
        public RouteHandlerBuilder TakesToken() => endpoint.WithMetadata(new TokenTaken());

        /// <summary>Says that a service key is taken as well.</summary>
        public RouteHandlerBuilder TakesServiceKey() => endpoint.WithMetadata(new ServiceKeyTaken());
    }
}

/// <summary>An endpoint that never ends with a bare status, so that nobody has to look after it.</summary>
internal sealed class AnswersAlways;

/// <summary>An endpoint that needs the session's credential.</summary>
internal sealed class CredentialRequired;

/// <summary>An endpoint that takes a user's token.</summary>
internal sealed class TokenTaken;

/// <summary>An endpoint that takes a service key.</summary>
internal sealed class ServiceKeyTaken;
