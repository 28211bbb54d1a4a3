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

        /// <summary>Creates a room, which is open unless the body says otherwise.</summary>
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

        /// <summary>Has all of them join a room, and returns their member ids.</summary>
        public async Task<IReadOnlyList<string>> JoinRoomAsync(string room, params ConnectedSession[] sessions)
        {
            var members = new List<string>();
            foreach (var session in sessions)
            {
                members.Add(await api.JoinRoomAsync(session, room));
            }

            return members;
        }

        /// <summary>Creates an open room with these members, and returns its id.</summary>
        public async Task<string> CreateRoomWithAsync(ConnectedSession owner, params ConnectedSession[] guests)
        {
            var room = (await api.CreateRoomAsync(owner)).Text("room")!;
            await api.JoinRoomAsync(room, guests);
            return room;
        }

        /// <summary>Sends to a room, which must succeed.</summary>
        public async Task<Answer> SendToRoomAsync(ConnectedSession sender, string room, object content)
        {
            var answer = await api.ExchangeAsync(sender, new { toRoom = room, content });
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            return answer;
        }

        /// <summary>Sends a signal to a room with <c>store</c>.</summary>
        public Task<Answer> StoreInRoomAsync(
            ConnectedSession sender,
            string room,
            int content,
            string store = "always",
            string? id = null,
            string? receipt = null
        ) =>
            api.ExchangeAsync(
                sender,
                new Dictionary<string, object?>
                {
                    ["toRoom"] = room,
                    ["content"] = content,
                    ["store"] = store,
                    ["id"] = id,
                    ["receipt"] = receipt,
                }
            );

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

    extension(Answer answer)
    {
        /// <summary>The outcomes of a signal to a room, by node.</summary>
        public IEnumerable<string?> NodeOutcomes =>
            answer.Json.GetProperty("nodes").EnumerateArray().Select(node => node.Text("outcome"));

        /// <summary>How many members listen, by node.</summary>
        public IEnumerable<int> NodeMembers =>
            answer.Json.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("members").GetInt32());

        /// <summary>The counts in the answer to a stored signal.</summary>
        public (int Members, int Listening, int Stored, int Full) Counts
        {
            get
            {
                answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
                return (Number("members"), Number("listening"), Number("stored"), Number("full"));

                int Number(string member) => answer.Json.GetProperty(member).GetInt32();
            }
        }
    }

    extension(Listener listener)
    {
        /// <summary>The next envelope that does not tell of a change of the room's members.</summary>
        public async Task<JsonElement> ReceiveSignalAsync()
        {
            while (true)
            {
                var envelope = await listener.ReceiveAsync();
                if (envelope.Text("type") != "room")
                {
                    return envelope;
                }
            }
        }

        /// <summary>The contents of the signals up to and including the one with this content.</summary>
        public async Task<IReadOnlyList<string>> ReceiveUntilAsync(string last)
        {
            var received = new List<string>();
            while (received.LastOrDefault() != last)
            {
                var content = (await listener.ReceiveAsync()).GetProperty("content");
                if (content.ValueKind == JsonValueKind.String)
                {
                    received.Add(content.GetString()!);
                }
            }

            return received;
        }

        /// <summary>The next envelope, which must tell of this change of the room's members.</summary>
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
