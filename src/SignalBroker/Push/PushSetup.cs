using System.Security.Cryptography;
using SignalBroker.Inbox;

namespace SignalBroker.Push;

internal static class PushSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds subscriptions, and pushing if there is a key for it.</summary>
        public void AddPush()
        {
            builder.AddJson(PushJson.Default);
            var settings = builder.AddSettings<PushOptions>(PushOptions.Section);
            builder.Services.AddSingleton<SubscriptionStore>();
            builder.Services.AddSingleton<IUserData>(services => services.GetRequiredService<SubscriptionStore>());
            builder.Services.AddSingleton<OutboxStore>();
            builder.Services.AddSingleton<IStoringStatement>(services => services.GetRequiredService<OutboxStore>());
            builder.Services.AddSingleton<PushEndpoints>();
            if (ReadKey(settings) is not { } key)
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
        public void MapPush()
        {
            var push = app.Services.GetRequiredService<PushEndpoints>();
            app.MapGet("/push/key", push.ShowKey)
                .WithName("getPushKey")
                .Produces<PushKeyAnswer>()
                .Fails(404, "push-off")
                .Fails(429, "too-many-requests");
            app.MapGet("/push/subscriptions", push.ListAsync)
                .WithName("listPushSubscriptions")
                .RequiresCredential()
                .Produces<PushSubscriptionsAnswer>();
            app.MapPut("/push/subscriptions", push.PutAsync)
                .WithName("putPushSubscription")
                .Accepts<SubscriptionRequest>(RequestBody.Json)
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(404, "push-off")
                .Fails(409, "endpoint-taken")
                .Fails(429, "too-many-subscriptions-of-address");
            app.MapDelete("/push/subscriptions", push.DeleteAsync)
                .WithName("deletePushSubscription")
                .Accepts<UnsubscriptionRequest>(RequestBody.Json)
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent);
        }
    }

    private static VapidKey? ReadKey(PushOptions settings)
    {
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
