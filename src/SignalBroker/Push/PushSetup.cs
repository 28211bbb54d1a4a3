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
                .WithName("getPushKey")
                .WithSummary("Tells the key that browsers subscribe to pushes with")
                .WithDescription("It is what 'pushManager.subscribe' takes as 'applicationServerKey'.")
                .Answers<PushKeyAnswer>(
                    """
                    {
                      "publicKey": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
                    }
                    """
                )
                .Fails((404, "push-off"), (429, "too-many-requests"));
            app.MapGet("/push/subscriptions", (PushEndpoints push, HttpRequest request) => push.ListAsync(request))
                .WithName("listPushSubscriptions")
                .WithSummary("Lists the user's subscriptions to pushes")
                .WithDescription("The oldest first, those of all the user's browsers.")
                .RequiresCredential()
                .Answers<PushSubscriptionsAnswer>(
                    """
                    {
                      "subscriptions": [
                        {
                          "endpoint": "https://push.example/4f2a",
                          "content": true,
                          "registeredAt": "2026-11-29T09:30:00.000Z"
                        }
                      ]
                    }
                    """
                )
                .Fails();
            app.MapPut("/push/subscriptions", (PushEndpoints push, HttpRequest request) => push.PutAsync(request))
                .WithName("putPushSubscription")
                .WithSummary("Registers a browser's subscription to pushes for the user, or what has changed of it")
                .WithDescription(
                    "Takes what 'PushSubscription.toJSON()' gives. The subscription is the user's, and outlives the session."
                )
                .TakesJson<SubscriptionRequest>(
                    """
                    {
                      "endpoint": "https://push.example/4f2a",
                      "keys": {
                        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                        "auth": "BTBZMqHH6r4Tts7J_aSIgg"
                      },
                      "content": true
                    }
                    """
                )
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails((404, "push-off"), (409, "endpoint-taken"), (429, "too-many-subscriptions-of-address"));
            app.MapDelete("/push/subscriptions", (PushEndpoints push, HttpRequest request) => push.DeleteAsync(request))
                .WithName("deletePushSubscription")
                .WithSummary("Removes one of the user's subscriptions to pushes")
                .WithDescription("Answers 204 also when there is none.")
                .TakesJson<UnsubscriptionRequest>("""{ "endpoint": "https://push.example/4f2a" }""")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails();
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
