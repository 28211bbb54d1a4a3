using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox;

/// <summary>What the tests of the inbox ask a webapp.</summary>
public static class InboxApi
{
    extension(Api api)
    {
        /// <summary>Sends a signal with <c>store</c>.</summary>
        public Task<Answer> StoreAsync(
            ConnectedSession sender,
            string to,
            object content,
            string store = "always",
            string? id = null,
            string? device = null,
            long? timeToLive = null,
            string? receipt = null
        ) =>
            api.ExchangeAsync(
                sender,
                new Dictionary<string, object?>
                {
                    ["to"] = to,
                    ["content"] = content,
                    ["store"] = store,
                    ["id"] = id,
                    ["device"] = device,
                    ["timeToLive"] = timeToLive,
                    ["receipt"] = receipt,
                }
            );

        public Task<Answer> ReadInboxAsync(ConnectedSession session, string query = "") =>
            api.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/inbox" + query), session.Authorization);

        public Task<Answer> SettleAsync(ConnectedSession session, object what) =>
            api.PostAsync("/inbox/settle", what, session.Authorization);
    }

    extension(Answer answer)
    {
        /// <summary>The signal has been stored, and its sender is told no more than that.</summary>
        public void ShouldBeStored()
        {
            answer.Status.ShouldBe(System.Net.HttpStatusCode.OK, answer.Body);
            answer.Json.GetProperty("outcome").GetString().ShouldBe("stored", answer.Body);
            answer.Json.TryGetProperty("sequence", out _).ShouldBeFalse(answer.Body);
        }

        /// <summary>The sequences that <c>GET /inbox</c> has answered.</summary>
        public IReadOnlyList<long> Sequences =>
            [.. answer.Json.GetProperty("entries").EnumerateArray().Select(entry => entry.Sequence)];
    }

    extension(JsonElement envelope)
    {
        public long Sequence => envelope.GetProperty("sequence").GetInt64();

        public int Number => envelope.GetProperty("content").GetInt32();
    }
}
