using System.Net;
using System.Text.Json;
using SignalBroker.Identity;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Tests.Harness;

/// <summary>Reads the record of strange behavior as an operator does.</summary>
internal static class StrangeRows
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>One page of the record, the newest rows first.</summary>
    public static async Task<IReadOnlyList<StrangeBehavior>> ReadAsync(Api admin, string query)
    {
        var answer = await admin.GetAsync($"/admin/strange-behaviors?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return JsonSerializer.Deserialize<StrangeBehavior[]>(answer.Body, Web)!;
    }

    /// <summary>All rows of a kind that a test is about, wherever among the others' they are.</summary>
    public static async Task<IReadOnlyList<StrangeBehavior>> FindAsync(
        Api admin,
        string kind,
        Func<StrangeBehavior, bool> isMeant
    )
    {
        var found = new List<StrangeBehavior>();
        var before = long.MaxValue;
        while (await ReadAsync(admin, $"kind={kind}&limit=1000&before={before}") is { Count: > 0 } page)
        {
            found.AddRange(page.Where(isMeant));
            before = page[^1].Id;
        }

        return found;
    }

    /// <summary>Waits for the one row about a session.</summary>
    public static async Task<StrangeBehavior> ExpectAsync(Api admin, string kind, string listeningKey)
    {
        StrangeBehavior? row = null;
        await Eventually.HoldsAsync(async () =>
        {
            var found = await FindAsync(admin, kind, row => row.ListeningKey == listeningKey);
            found.ShouldNotBeEmpty($"{kind} of {listeningKey}");
            row = found[0];
        });
        return row!;
    }
}
