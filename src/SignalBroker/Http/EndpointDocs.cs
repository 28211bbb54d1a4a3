using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Metadata;

namespace SignalBroker.Http;

/// <summary>An error answer: problem details (RFC 9457).</summary>
/// <param name="Type">Always <c>about:blank</c>: the code says what it is.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, for people.</param>
/// <param name="Code">What happened, for programs; it never changes.</param>
internal sealed record ProblemSchema(string Type, string Title, int Status, string Detail, string Code);

/// <summary>An error that an endpoint may answer.</summary>
internal sealed record Failure(int Status, string Code);

/// <summary>What a parameter in the path or the query may be.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it means.</param>
internal sealed record ApiParameter(string Name, string Description)
{
    /// <summary>Whether it must be given.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The least number; null for a text.</summary>
    public long? Min { get; init; }

    /// <summary>The largest number, where there is one.</summary>
    public long? Max { get; init; }

    /// <summary>How many characters a text may have; null for any number.</summary>
    public int? MaxLength { get; init; }

    /// <summary>What a text must look like; null for anything.</summary>
    public string? Pattern { get; init; }

    /// <summary>The words that it may be; none for anything.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];
}

/// <summary>What is sent to an endpoint, for instance.</summary>
internal sealed record RequestExample(JsonNode Body);

/// <summary>What an endpoint answers, for instance.</summary>
internal sealed record AnswerExample(int Status, JsonNode Body);

/// <summary>Short words for what the endpoints say about themselves.</summary>
internal static class EndpointDocs
{
    extension(RouteHandlerBuilder endpoint)
    {
        /// <summary>Says what the body looks like, as JSON and as a form.</summary>
        /// <param name="example">Such a body.</param>
        public RouteHandlerBuilder Takes<TBody>(string example)
            where TBody : notnull => endpoint.Takes(typeof(TBody), example, RequestBody.Json, RequestBody.Form);

        /// <summary>Says what the body looks like, which must be JSON.</summary>
        /// <param name="example">Such a body.</param>
        public RouteHandlerBuilder TakesJson<TBody>(string example)
            where TBody : notnull => endpoint.Takes(typeof(TBody), example, RequestBody.Json);

        /// <summary>Says what the answer looks like.</summary>
        /// <param name="example">Such an answer.</param>
        /// <param name="status">Its status.</param>
        public RouteHandlerBuilder Answers<TBody>(string example, int status = StatusCodes.Status200OK) =>
            endpoint.Produces<TBody>(status).WithMetadata(new AnswerExample(status, JsonNode.Parse(example)!));

        /// <summary>Says which errors there are, besides those that follow from what the endpoint takes.</summary>
        public RouteHandlerBuilder Fails(params ReadOnlySpan<(int Status, string Code)> more)
        {
            foreach (var (status, code) in more)
            {
                endpoint.WithMetadata(new Failure(status, code));
            }

            // When everything else is known.
            endpoint.Finally(static built =>
            {
                foreach (var usual in UsualFailures.Of(built.Metadata).ToList())
                {
                    built.Metadata.Add(usual);
                }

                foreach (
                    var status in built.Metadata.OfType<Failure>().Select(failure => failure.Status).Distinct().ToList()
                )
                {
                    built.Metadata.Add(
                        new ProducesResponseTypeMetadata(status, typeof(ProblemSchema), ["application/problem+json"])
                    );
                }
            });
            return endpoint;
        }

        /// <summary>Says what a parameter may be.</summary>
        internal RouteHandlerBuilder Parameter(ApiParameter parameter) => endpoint.WithMetadata(parameter);

        /// <summary>Says that the endpoint itself answers whatever comes.</summary>
        public RouteHandlerBuilder AnswersAlways() => endpoint.WithMetadata(new AnswersAlways());

        /// <summary>Says that the session's credential is needed.</summary>
        public RouteHandlerBuilder RequiresCredential() => endpoint.WithMetadata(new CredentialRequired());

        /// <summary>Says that a user's token or a service key proves who connects.</summary>
        public RouteHandlerBuilder TakesToken() => endpoint.WithMetadata(new TokenTaken());

        /// <summary>Says that a service key is taken as well.</summary>
        public RouteHandlerBuilder TakesServiceKey() => endpoint.WithMetadata(new ServiceKeyTaken());

        /// <summary>Says that only the internal port has it.</summary>
        public RouteHandlerBuilder IsInternal() => endpoint.WithMetadata(new OnInternalPort());

        private RouteHandlerBuilder Takes(Type body, string example, params string[] types) =>
            endpoint.WithMetadata(new AcceptsMetadata(types, body), new RequestExample(JsonNode.Parse(example)!));
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

/// <summary>An endpoint for nodes and operators.</summary>
internal sealed class OnInternalPort;
