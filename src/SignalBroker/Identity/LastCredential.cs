using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Net.Http.Headers;

namespace SignalBroker.Identity;

/// <summary>The credential of a connection's last request: the next one usually has the same.</summary>
internal sealed class LastCredential
{
    private volatile Reading? last;

    /// <summary>Makes every connection of a listener remember one.</summary>
    public static void Apply(ListenOptions listener) =>
        listener.Use(next =>
            connection =>
            {
                connection.Features.Set(new LastCredential());
                return next(connection);
            }
        );

    /// <summary>The request's credential; null if it has none.</summary>
    public static Credential? Read(HttpRequest request)
    {
        if (request.Headers[HeaderNames.Authorization] is not [{ } header])
        {
            return null;
        }

        return request.HttpContext.Features.Get<LastCredential>() is { } connection
            ? connection.Read(header)
            : Credential.Parse(header);
    }

    private Credential? Read(string header)
    {
        // Kestrel reuses the string of a header that has not changed. Comparing the characters would take longer the
        // more of another's passcode is right.
        if (last is { } known && ReferenceEquals(known.Header, header))
        {
            return known.Credential;
        }

        var credential = Credential.Parse(header);
        last = credential is { } proof ? new(header, proof) : null;
        return credential;
    }

    private sealed record Reading(string Header, Credential Credential);
}
