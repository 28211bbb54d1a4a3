namespace SignalBroker.Http;

/// <summary>An error answer: problem details (RFC 9457).</summary>
/// <param name="Type">Always <c>about:blank</c>: the code says what it is.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What happened, for people.</param>
/// <param name="Code">What happened, for programs; it never changes.</param>
internal sealed record ProblemSchema(string Type, string Title, int Status, string Detail, string Code);

/// <summary>The codes of the errors that an endpoint may answer with one status.</summary>
internal sealed record Failures(int Status, params IReadOnlyList<string> Codes);

/// <summary>What a parameter in the path or the query may be.</summary>
internal sealed record ApiParameter(string Name, string Description)
{
    public bool IsRequired { get; init; }

    /// <summary>The least number; null for a text.</summary>
    public long? Min { get; init; }

    public long? Max { get; init; }

    /// <summary>In characters (Unicode code points).</summary>
    public int? MaxLength { get; init; }

    /// <summary>A regular expression.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only words that it may be; none for anything.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];
}

/// <summary>How a request may prove who it comes from.</summary>
internal enum Proof
{
    /// <summary>By the session's credential.</summary>
    Session,

    /// <summary>By the user's token.</summary>
    Token,

    /// <summary>By a backend's service key.</summary>
    ServiceKey,
}

/// <summary>An endpoint for nodes and operators.</summary>
internal sealed class OnInternalPort;

/// <summary>An endpoint that never ends with a bare status, so that nothing has to add a body.</summary>
internal sealed class AnswersAlways;

/// <summary>What endpoints say about themselves, besides their methods' comments and <c>examples.json</c>.</summary>
internal static class EndpointDocs
{
    extension(RouteHandlerBuilder endpoint)
    {
        /// <summary>Names errors beyond the <see cref="UsualFailures"/>.</summary>
        public RouteHandlerBuilder Fails(int status, params IReadOnlyList<string> codes) =>
            endpoint.WithMetadata(new Failures(status, codes));

        public RouteHandlerBuilder Parameter(ApiParameter parameter) => endpoint.WithMetadata(parameter);

        public RouteHandlerBuilder RequiresCredential() => endpoint.WithMetadata(Proof.Session);

        public RouteHandlerBuilder TakesToken() => endpoint.WithMetadata(Proof.Token);

        public RouteHandlerBuilder TakesServiceKey() => endpoint.WithMetadata(Proof.ServiceKey);

        public RouteHandlerBuilder IsInternal() => endpoint.WithMetadata(new OnInternalPort());

        public RouteHandlerBuilder AnswersAlways() => endpoint.WithMetadata(new AnswersAlways());
    }
}
