using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rooms;

/// <summary>The calls under /rooms.</summary>
public static class RoomApi
{
    extension(Api api)
    {
        public Task<Answer> RoomsAsync(HttpMethod method, string path, ConnectedSession session, object? body = null) =>
            body is null
                ? api.SendAsync(new HttpRequestMessage(method, "/rooms" + path), session.Authorization)
                : api.PostAsync("/rooms" + path, body, session.Authorization);

        /// <summary>Makes a room; open when nothing else is said.</summary>
        public async Task<JsonElement> CreateRoomAsync(ConnectedSession owner, object? body = null)
        {
            var answer = await api.RoomsAsync(HttpMethod.Post, "", owner, body ?? new { open = true });
            answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
            return answer.Json;
        }

        /// <summary>Joins a room, and returns the member id.</summary>
        public async Task<string> JoinRoomAsync(ConnectedSession session, string room, object? body = null)
        {
            var answer = await api.RoomsAsync(HttpMethod.Post, $"/{room}/join", session, body ?? new { });
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            return answer.Json.Text("me")!;
        }

        public async Task<IReadOnlyList<JsonElement>> MembersAsync(ConnectedSession session, string room)
        {
            var answer = await api.RoomsAsync(HttpMethod.Get, $"/{room}/members", session);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            return [.. answer.Json.GetProperty("members").EnumerateArray()];
        }
    }

    extension(JsonElement json)
    {
        /// <summary>The text of a member; null when there is no such member.</summary>
        public string? Text(string member) => json.TryGetProperty(member, out var value) ? value.GetString() : null;
    }

    extension(Listener listener)
    {
        /// <summary>The next envelope, which must tell of a change of the room's members.</summary>
        public async Task<JsonElement> ReceiveRoomEventAsync(string happened)
        {
            var envelope = await listener.ReceiveAsync();
            envelope.Text("type").ShouldBe("room", envelope.ToString());
            envelope.TryGetProperty("from", out _).ShouldBeFalse();
            var content = envelope.GetProperty("content");
            content.Text("event").ShouldBe(happened);
            return content;
        }
    }
}
