using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;

namespace SignalBroker.Tests.Push;

/// <summary>A push that has arrived and been decrypted.</summary>
public sealed record Pushed(byte[] Content, IHeaderDictionary Headers, DateTimeOffset At)
{
    public string Text => Encoding.UTF8.GetString(Content);

    public JsonElement Message => JsonElement.Parse(Content);
}

/// <summary>A browser's registration at the push service.</summary>
public sealed class Registration(Subscriber subscriber, string publicKey)
{
    public Subscriber Subscriber { get; } = subscriber;

    /// <summary>The server's key with which the browser has subscribed.</summary>
    public string PublicKey { get; } = publicKey;

    /// <summary>What is answered next, one after the other; then 201 for ever.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> Answers { get; } = [];

    /// <summary>What has been taken.</summary>
    public Channel<Pushed> Arrived { get; } = Channel.CreateUnbounded<Pushed>();

    /// <summary>When a push was tried, whatever it was answered.</summary>
    public ConcurrentQueue<DateTimeOffset> Tries { get; } = [];

    /// <summary>What was wrong with pushes.</summary>
    public ConcurrentQueue<string> Flaws { get; } = [];

    public void AnswerNext(params int[] statuses)
    {
        foreach (var status in statuses)
        {
            AnswerNext(context =>
            {
                context.Response.StatusCode = status;
                return Task.CompletedTask;
            });
        }
    }

    public void AnswerNext(Func<HttpContext, Task> answer) => Answers.Enqueue(answer);

    public async Task<Pushed> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        try
        {
            return await Arrived.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new ShouldAssertException($"No push has come; wrong with others: {string.Join("; ", Flaws)}", late);
        }
    }
}

/// <summary>A push service that verifies whose a push is and decrypts it, on a port that it keeps while it is down.</summary>
/// <param name="publicKey">The server's key with which browsers subscribe.</param>
public sealed class PushService(string publicKey) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Registration> registrations = new();
    private WebApplication? app;

    // Any free port at first.
    public string Origin { get; private set; } = "http://127.0.0.1:0";

    /// <param name="withKey">With another key than usual.</param>
    public Registration Register(string? withKey = null)
    {
        var path = $"/push/{Guid.NewGuid():N}";
        var registration = new Registration(new Subscriber(new Uri(Origin + path)), withKey ?? publicKey);
        registrations[path] = registration;
        return registration;
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Origin);
        app = builder.Build();
        app.MapPost("/push/{id}", TakeAsync);
        await app.StartAsync();
        Origin = app.Urls.Single();
    }

    public async Task StopAsync()
    {
        await app!.DisposeAsync();
        app = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        foreach (var registration in registrations.Values)
        {
            registration.Subscriber.Dispose();
        }
    }

    private async Task TakeAsync(HttpContext context)
    {
        if (!registrations.TryGetValue(context.Request.Path, out var registration))
        {
            context.Response.StatusCode = (int)HttpStatusCode.NotFound;
            return;
        }

        var now = TimeProvider.System.GetUtcNow();
        registration.Tries.Enqueue(now);
        if (registration.Answers.TryDequeue(out var answer))
        {
            await answer(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (FindFlaw(context.Request, registration.PublicKey, now) is { } flaw)
        {
            registration.Flaws.Enqueue(flaw);
            context.Response.StatusCode = (int)HttpStatusCode.Forbidden;
            return;
        }

        var content = registration.Subscriber.Decrypt(body.ToArray());
        var headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
        context.Response.StatusCode = (int)HttpStatusCode.Created;
        context.Response.Headers.Location = Origin + "/message/1";
        await registration.Arrived.Writer.WriteAsync(new(content, headers, now));
    }

    private string? FindFlaw(HttpRequest request, string withKey, DateTimeOffset now) =>
        request.Headers.ContentEncoding != "aes128gcm" ? $"encoding {request.Headers.ContentEncoding}"
        : !long.TryParse(request.Headers["TTL"], out var ttl) || ttl < 0 ? $"TTL {request.Headers["TTL"]}"
        : request.ContentLength is not <= 4096 ? $"length {request.ContentLength}"
        : request.GetEncodedUrl().Length > 2048 ? "a long address"
        : VapidVerifier.FindFlaw(request.Headers.Authorization, withKey, Origin, now);
}
