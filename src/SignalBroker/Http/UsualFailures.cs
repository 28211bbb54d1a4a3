using Microsoft.AspNetCore.Http.Metadata;

namespace SignalBroker.Http;

/// <summary>The errors that follow from what an endpoint takes, and need not be said of each.</summary>
internal static class UsualFailures
{
    /// <summary>Those of an endpoint.</summary>
    public static IEnumerable<Failure> Of(IEnumerable<object> endpoint) =>
        endpoint.SelectMany(OfPart).Append(new(StatusCodes.Status500InternalServerError, "internal-error"));

    private static IEnumerable<Failure> OfPart(object metadata) =>
        metadata switch
        {
            OnInternalPort =>
            [
                new(StatusCodes.Status403Forbidden, "address-not-allowed"),
                new(StatusCodes.Status403Forbidden, "host-not-allowed"),
            ],
            IHttpMethodMetadata { HttpMethods: [var method, ..] } when !HttpMethods.IsGet(method) =>
            [
                new(StatusCodes.Status403Forbidden, "origin-not-allowed"),
            ],
            IAcceptsMetadata =>
            [
                new(StatusCodes.Status400BadRequest, "bad-request"),
                new(StatusCodes.Status400BadRequest, "malformed-body"),
                new(StatusCodes.Status400BadRequest, "invalid-member"),
                new(StatusCodes.Status408RequestTimeout, "request-timeout"),
                new(StatusCodes.Status413PayloadTooLarge, "payload-too-large"),
                new(StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type"),
            ],
            ApiParameter { Min: not null } or ApiParameter { Words.Count: > 0 } =>
            [
                new(StatusCodes.Status400BadRequest, "invalid-member"),
            ],
            CredentialRequired =>
            [
                new(StatusCodes.Status401Unauthorized, "unauthorized"),
                new(StatusCodes.Status429TooManyRequests, "too-many-requests"),
                new(StatusCodes.Status503ServiceUnavailable, "database-unavailable"),
            ],
            ServiceKeyTaken => [new(StatusCodes.Status401Unauthorized, "service-key-invalid")],
            _ => [],
        };
}
