using Microsoft.AspNetCore.Http.Metadata;

namespace SignalBroker.Http;

/// <summary>The errors that follow from what an endpoint takes, and need not be said of each.</summary>
internal static class UsualFailures
{
    /// <summary>All errors of an endpoint, its own included.</summary>
    public static IEnumerable<Failures> Of(IEnumerable<object> endpoint) =>
        endpoint.SelectMany(OfPart).Append(new(StatusCodes.Status500InternalServerError, "internal-error"));

    private static IEnumerable<Failures> OfPart(object metadata) =>
        metadata switch
        {
            Failures own => [own],
            OnInternalPort => [new(StatusCodes.Status403Forbidden, "address-not-allowed", "host-not-allowed")],
            IHttpMethodMetadata { HttpMethods: [var method, ..] } when !HttpMethods.IsGet(method) =>
            [
                new(StatusCodes.Status403Forbidden, "origin-not-allowed"),
            ],
            IAcceptsMetadata =>
            [
                new(StatusCodes.Status400BadRequest, "bad-request", "malformed-body", "invalid-member"),
                new(StatusCodes.Status408RequestTimeout, "request-timeout"),
                new(StatusCodes.Status413PayloadTooLarge, "payload-too-large"),
                new(StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type"),
            ],
            ApiParameter { Min: not null } or ApiParameter { Words.Count: > 0 } =>
            [
                new(StatusCodes.Status400BadRequest, "invalid-member"),
            ],
            Proof.Session =>
            [
                new(StatusCodes.Status401Unauthorized, "unauthorized"),
                new(StatusCodes.Status429TooManyRequests, "too-many-requests"),
                new(StatusCodes.Status503ServiceUnavailable, "database-unavailable"),
            ],
            Proof.ServiceKey => [new(StatusCodes.Status401Unauthorized, "service-key-invalid")],
            _ => [],
        };
}
