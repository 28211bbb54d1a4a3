using System.Security.Cryptography;
using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Inbox;

namespace SignalBroker.Push;

internal static class PushSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the subscriptions, and the pushing if there is a key for it.</summary>
        public void AddPush()
        {
            builder.AddJson(PushJson.Default);
            builder.AddSettings<PushOptions>(PushOptions.Section);
            builder.Services.AddSingleton<SubscriptionStore>();
            builder.Services.AddSingleton<OutboxStore>();
            builder.Services.AddSingleton<IStoringStatement>(services => services.GetRequiredService<OutboxStore>());
            builder.Services.AddSingleton<PushEndpoints>();
            if (ReadKey(builder.Configuration) is not { } key)
            {
                builder.Services.AddSingleton(new PushOffer(PublicKey: null));
                return;
            }

            builder.Services.AddSingleton(new PushOffer(key.PublicKey));
            builder.Services.AddSingleton(key);
            builder.Services.AddSingleton<PushServices>();
            builder.Services.AddSingleton<PushMetrics>();
            builder.Services.AddHostedService<PushWorker>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/push</c>.</summary>
        public void MapPush()
        {
            app.MapGet("/push/key", (PushEndpoints push) => push.ShowKey())
                .WithSummary("Tells the key that browsers subscribe to pushes with")
                .Produces<PushKeyAnswer>()
                .Fails(404, 429);
            app.MapGet("/push/subscriptions", (PushEndpoints push, HttpRequest request) => push.ListAsync(request))
                .WithSummary("Lists the user's subscriptions to pushes")
                .RequiresCredential()
                .Produces<PushSubscriptionsAnswer>()
                .Fails(401, 429, 503);
            app.MapPut("/push/subscriptions", (PushEndpoints push, HttpRequest request) => push.PutAsync(request))
                .WithSummary("Registers a browser's subscription to pushes for the user, or what has changed of it")
                .TakesJson<SubscriptionRequest>()
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(400, 401, 403, 404, 409, 413, 415, 429, 503);
            app.MapDelete("/push/subscriptions", (PushEndpoints push, HttpRequest request) => push.DeleteAsync(request))
                .WithSummary("Removes one of the user's subscriptions to pushes")
                .TakesJson<UnsubscriptionRequest>()
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(400, 401, 403, 413, 415, 429, 503);
        }
    }

    private static VapidKey? ReadKey(IConfiguration configuration)
    {
        var settings = configuration.GetSection(PushOptions.Section).Get<PushOptions>() ?? new PushOptions();
        try
        {
            return (settings.PrivateKey, settings.PrivateKeyFile) switch
            {
                ({ } key, _) => VapidKey.Read(key),
                (null, { } file) => VapidKey.Read(File.ReadAllText(file)),
                _ => null,
            };
        }
        catch (Exception wrong) when (wrong is CryptographicException or IOException or UnauthorizedAccessException)
        {
            var member = settings.PrivateKey is null ? nameof(settings.PrivateKeyFile) : nameof(settings.PrivateKey);
            throw new InvalidSettingException(
                $"{PushOptions.Section}:{member}: can't be used: {wrong.Message.TrimEnd('.')}."
            );
        }
    }
}
