using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Presence;

/// <summary>The calls under /presence and /users.</summary>
public static class PresenceApi
{
    extension(Api api)
    {
        public Task<Answer> GetAsync(string path, ConnectedSession session) =>
            api.SendAsync(new HttpRequestMessage(HttpMethod.Get, path), session.Authorization);

        /// <summary>What the viewer sees of a user.</summary>
        public async Task<JsonElement> PresenceAsync(ConnectedSession viewer, string userId)
        {
            var answer = await api.GetAsync($"/presence/{Uri.EscapeDataString(userId)}", viewer);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            return answer.Json;
        }

        public async Task<string?> StateAsync(ConnectedSession viewer, string userId) =>
            (await api.PresenceAsync(viewer, userId)).State;

        /// <summary>Waits until the viewer sees the user in this state.</summary>
        public Task SeesAsync(ConnectedSession viewer, string userId, string state) =>
            Eventually.HoldsAsync(async () => (await api.StateAsync(viewer, userId)).ShouldBe(state));

        /// <summary>Has a user listen once, and be away from then on.</summary>
        public async Task<ConnectedSession> ComeAndGoAsync(string? userId = null)
        {
            await using var listener = await Listener.StartAsync(api, userId);
            await api.SeesAsync(listener.Session, listener.Session.UserId, "listening");
            await api.DisconnectAsync(listener.Session);
            return listener.Session;
        }

        public Task<Answer> PutSubscriptionsAsync(ConnectedSession session, object body) =>
            api.SendAsync(
                new HttpRequestMessage(HttpMethod.Put, "/presence/subscriptions")
                {
                    Content = System.Net.Http.Json.JsonContent.Create(body, body.GetType()),
                },
                session.Authorization
            );

        /// <summary>Subscribes, and returns what the users are now.</summary>
        public async Task<IReadOnlyList<JsonElement>> SubscribeAsync(ConnectedSession session, params string[] users)
        {
            var answer = await api.PutSubscriptionsAsync(session, new { users });
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            return [.. answer.Json.GetProperty("presence").EnumerateArray()];
        }
    }

    extension(JsonElement presence)
    {
        public string? State => presence.GetProperty("state").GetString();

        public string? User => presence.GetProperty("userId").GetString();

        /// <summary>The names and states of the devices, as in "phone listening".</summary>
        public IReadOnlyList<string> Devices =>
            [
                .. presence
                    .GetProperty("devices")
                    .EnumerateArray()
                    .Select(device =>
                        $"{(device.TryGetProperty("device", out var name) ? name.GetString() : null)} {device.GetProperty("state")}"
                    ),
            ];
    }

    extension(Listener listener)
    {
        /// <summary>The next envelope, which must tell of somebody's presence.</summary>
        public async Task<JsonElement> ReceivePresenceAsync()
        {
            var envelope = await listener.ReceiveAsync();
            envelope.GetProperty("type").GetString().ShouldBe("presence", envelope.ToString());
            envelope.TryGetProperty("from", out _).ShouldBeFalse();
            envelope.GetProperty("id").GetString().ShouldNotBeNullOrEmpty();
            return envelope.GetProperty("content");
        }
    }
}
