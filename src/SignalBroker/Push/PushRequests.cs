using System.Net;
using System.Net.Http.Headers;
using Lib.Net.Http.WebPush.Authentication;

namespace SignalBroker.Push;

/// <summary>Makes the library's requests what push services expect, and bounds what they may answer.</summary>
internal sealed class PushRequests(VapidAuthentication authentication, HttpMessageHandler inner)
    : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        request.Version = HttpVersion.Version20;

        // RFC 8292, section 2: the audience is the origin; the library leaves the port out.
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "vapid",
            authentication.GetVapidSchemeAuthenticationHeaderValueParameter(
                request.RequestUri!.GetLeftPart(UriPartial.Authority)
            )
        );

        var response = await base.SendAsync(request, cancellationToken);

        // The library would read the text of a refusal, however long and slow.
        response.Content.Dispose();
        response.Content = null;
        return response;
    }
}
