using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace SignalBroker.Push;

/// <summary>What a push service says of a push.</summary>
public abstract record PushAnswer
{
    /// <summary>It will tell the browser.</summary>
    public sealed record Accepted : PushAnswer;

    /// <summary>The browser has no such subscription any more.</summary>
    public sealed record Gone : PushAnswer;

    /// <summary>The push has too many bytes.</summary>
    public sealed record TooLarge : PushAnswer;

    /// <summary>It can't take the push now; null when it does not say for how long.</summary>
    public sealed record Later(TimeSpan? Wait) : PushAnswer;

    /// <summary>It never takes such a push.</summary>
    public sealed record Refused(string Reason) : PushAnswer;
}

/// <summary>The browsers' push services (RFC 8030).</summary>
public sealed class PushServices : IDisposable
{
    // One may replace the one before: who has been away for long is told once.
    private const string Topic = "signals";

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly VapidTokens tokens;
    private readonly PushOptions settings;
    private readonly TimeProvider clock;
    private readonly HttpClient http;

    /// <summary>Connects to nobody yet.</summary>
    public PushServices(VapidTokens tokens, IOptions<PushOptions> options, TimeProvider clock)
    {
        this.tokens = tokens;
        this.clock = clock;
        settings = options.Value;
        http = new(
            new SocketsHttpHandler
            {
                // Users name the addresses: neither a redirection nor a proxy may lead from an allowed one to another.
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                ConnectCallback = ConnectAsync,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = settings.Timeout,
        };
    }

    /// <summary>Pushes.</summary>
    /// <param name="timeToLive">For how long it is worth telling.</param>
    public async Task<PushAnswer> PushAsync(Uri endpoint, byte[] body, TimeSpan timeToLive)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Version = HttpVersion.Version20,
            Content = new ByteArrayContent(body)
            {
                Headers =
                {
                    ContentType = new MediaTypeHeaderValue("application/octet-stream"),
                    ContentEncoding = { "aes128gcm" },
                },
            },
        };
        var seconds = Math.Max(1, (long)timeToLive.TotalSeconds);
        request.Headers.Add("TTL", seconds.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Urgency", NameOf(settings.Urgency));
        request.Headers.Add("Topic", Topic);
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            tokens.HeaderFor(endpoint.GetLeftPart(UriPartial.Authority))
        );
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return Read(response);
        }
        catch (HttpRequestException failure) when (failure.InnerException is PrivateAddressException)
        {
            return new PushAnswer.Refused("it has a private address");
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return new PushAnswer.Later(Wait: null);
        }
    }

    public void Dispose() => http.Dispose();

    private PushAnswer Read(HttpResponseMessage response) =>
        response.StatusCode switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => new PushAnswer.Accepted(),
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new PushAnswer.Gone(),
            HttpStatusCode.RequestEntityTooLarge => new PushAnswer.TooLarge(),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                new PushAnswer.Later(WaitOf(response.Headers.RetryAfter)),
            var other => new PushAnswer.Refused($"it answers {(int)other}"),
        };

    private TimeSpan? WaitOf(RetryConditionHeaderValue? retryAfter)
    {
        var wait = retryAfter?.Delta ?? (retryAfter?.Date - clock.GetUtcNow());
        return wait > LongestWait ? LongestWait : wait;
    }

    private static string NameOf(PushUrgency urgency) =>
        urgency switch
        {
            PushUrgency.VeryLow => "very-low",
            PushUrgency.Low => "low",
            PushUrgency.High => "high",
            _ => "normal",
        };

    // The addresses that are checked are those that are used: a name may mean others a moment later.
    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        CancellationToken cancellationToken
    )
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (!settings.AllowPrivateEndpoints && !Array.TrueForAll(addresses, PublicAddress.Is))
        {
            throw new PrivateAddressException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class PrivateAddressException() : Exception("The endpoint has a private address.");
}
