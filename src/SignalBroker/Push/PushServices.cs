using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Lib.Net.Http.WebPush;
using Lib.Net.Http.WebPush.Authentication;

namespace SignalBroker.Push;

/// <summary>What a push service says about a push.</summary>
internal abstract record PushAnswer
{
    /// <summary>It will tell the browser.</summary>
    public sealed record Accepted : PushAnswer;

    /// <summary>The browser has no such subscription any more.</summary>
    public sealed record Gone : PushAnswer;

    /// <summary>The push has too many bytes.</summary>
    public sealed record TooLarge : PushAnswer;

    /// <summary>It can't take the push now.</summary>
    /// <param name="Wait">How long to wait; null if it does not say.</param>
    public sealed record Later(TimeSpan? Wait) : PushAnswer;

    /// <summary>It never takes such a push.</summary>
    /// <param name="Reason">Why, without any part of the endpoint.</param>
    /// <param name="IsKeys">Whether it may be because the browser has subscribed with another key.</param>
    public sealed record Refused(string Reason, bool IsKeys = false) : PushAnswer;
}

/// <summary>The browsers' push services (RFC 8030).</summary>
internal sealed class PushServices : IDisposable
{
    // A push replaces the previous one that is still waiting (RFC 8030, section 5.4): after a long absence there is
    // one.
    private const string Topic = "signals";

    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly PushOptions settings;
    private readonly TimeProvider clock;
    private readonly Sender[] senders;

    public PushServices(VapidKeys keys, IOptions<PushOptions> options, TimeProvider clock)
    {
        this.clock = clock;
        settings = options.Value;
        senders = keys.Other is null ? [SenderOf(keys.Own)] : [SenderOf(keys.Own), SenderOf(keys.Other)];
    }

    /// <param name="keys">What it is encrypted with (RFC 8291).</param>
    /// <param name="content">At most <see cref="PushMessage.MaxBytes"/>.</param>
    public async Task<PushAnswer> PushAsync(Uri endpoint, SubscriberKeys keys, byte[] content, TimeSpan timeToLive)
    {
        // One limit for all tries: whoever has taken the push from the outbox has it for no longer.
        using var limit = new CancellationTokenSource(settings.Timeout, clock);
        PushAnswer? first = null;
        foreach (var sender in senders)
        {
            // With which key a browser has subscribed, only its push service knows.
            var answer = await PushAsync(sender, endpoint, keys, content, timeToLive, limit.Token);
            if (answer is not PushAnswer.Refused { IsKeys: true })
            {
                return answer;
            }

            first ??= answer;
        }

        return first!;
    }

    public void Dispose()
    {
        foreach (var sender in senders)
        {
            sender.Http.Dispose();
        }
    }

    private Sender SenderOf(VapidKey key)
    {
        var authentication = new VapidAuthentication(key.PublicKey, key.PrivateKey)
        {
            Subject = settings.Subject,
            TokenCache = new VapidTokens(clock),
        };
        var connections = new SocketsHttpHandler
        {
            // Users choose the addresses: neither a redirect nor a proxy may lead from an allowed one to another.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = ConnectAsync,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        var http = new HttpClient(new PushRequests(authentication, connections)) { Timeout = Timeout.InfiniteTimeSpan };
        // The library itself sends every urgency but this one.
        http.DefaultRequestHeaders.Add("Urgency", "normal");
        // Retries come from the outbox.
        return new(http, new(http) { DefaultAuthentication = authentication, AutoRetryAfter = false });
    }

    private async Task<PushAnswer> PushAsync(
        Sender sender,
        Uri endpoint,
        SubscriberKeys keys,
        byte[] content,
        TimeSpan timeToLive,
        CancellationToken cancellationToken
    )
    {
        var subscription = new PushSubscription { Endpoint = endpoint.AbsoluteUri };
        subscription.SetKey(PushEncryptionKeyName.P256DH, Base64Url.EncodeToString(keys.PublicKey));
        subscription.SetKey(PushEncryptionKeyName.Auth, Base64Url.EncodeToString(keys.Secret));
        var message = new Lib.Net.Http.WebPush.PushMessage(new ByteArrayContent(content))
        {
            TimeToLive = (int)Math.Clamp(timeToLive.TotalSeconds, 1, int.MaxValue),
            Topic = Topic,
            Urgency = settings.Urgency,
        };
        try
        {
            await sender.Client.RequestPushMessageDeliveryAsync(subscription, message, cancellationToken);
            return new PushAnswer.Accepted();
        }
        catch (PushServiceClientException other)
        {
            // To the library not every 2xx is a success.
            return Read(other.StatusCode, other.Headers.RetryAfter);
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

    private PushAnswer Read(HttpStatusCode status, RetryConditionHeaderValue? retryAfter) =>
        status switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => new PushAnswer.Accepted(),
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new PushAnswer.Gone(),
            HttpStatusCode.RequestEntityTooLarge => new PushAnswer.TooLarge(),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                new PushAnswer.Later(WaitOf(retryAfter)),
            var other => new PushAnswer.Refused(
                $"it answers {(int)other}",
                // RFC 8292, section 4.2, asks for 401 and 403; Apple's answers 400.
                IsKeys: other is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ),
        };

    private TimeSpan? WaitOf(RetryConditionHeaderValue? retryAfter)
    {
        var wait = retryAfter?.Delta ?? (retryAfter?.Date - clock.GetUtcNow());
        return wait > LongestWait ? LongestWait : wait;
    }

    // Connects to the very addresses that were checked: a moment later the name may resolve to others.
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

    private sealed record Sender(HttpClient Http, PushServiceClient Client);

    private sealed class PrivateAddressException() : Exception("The endpoint has a private address.");
}
