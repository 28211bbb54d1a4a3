namespace SignalBroker.Client;

/// <summary>Which application sends, and where to.</summary>
public sealed record SignalBrokerApplicationOptions
{
    /// <summary>The webapp's address, such as <c>https://signal.example</c>; a path in it is kept, a query is an error.</summary>
    public required Uri Url { get; init; }

    /// <summary>The application's service key, a secret; the webapps know its SHA-256.</summary>
    public required string ServiceKey { get; init; }

    /// <summary>
    /// What requests go through, to set a proxy or certificates, for example; it is not disposed of. Null for one that all
    /// clients of the process share. Redirects and cookies should be off.
    /// </summary>
    public HttpMessageInvoker? Http { get; init; }

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Keeps the key out of logs.</summary>
    public override string ToString() => $"{nameof(SignalBrokerApplicationOptions)} {{ {nameof(Url)} = {Url} }}";
}
