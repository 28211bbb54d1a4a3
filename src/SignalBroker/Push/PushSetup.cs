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
            if (ReadKey(nameof(settings.PrivateKey), settings.PrivateKey, settings.PrivateKeyFile) is not { } key)
            {
                builder.Services.AddSingleton(new PushOffer(PublicKey: null));
                return;
            }

            builder.Services.AddSingleton(new PushOffer(key.PublicKey));
            builder.Services.AddSingleton(
                new VapidKeys(
                    key,
                    ReadKey(nameof(settings.OtherPrivateKey), settings.OtherPrivateKey, settings.OtherPrivateKeyFile)
                )
            );
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

    private static VapidKey? ReadKey(string member, string? text, string? file)
    {
        try
        {
            return (text ?? (file is null ? null : File.ReadAllText(file))) is { } key ? VapidKey.Read(key) : null;
        }
        catch (Exception wrong) when (wrong is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidSettingException(
                $"{PushOptions.Section}:{member}{(text is null ? "File" : "")}: can't be used: {wrong.Message.TrimEnd('.')}."
            );
        }
    }
}
