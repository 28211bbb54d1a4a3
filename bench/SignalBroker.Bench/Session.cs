using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace SignalBroker.Bench;

/// <summary>A session as /connect answers it.</summary>
public sealed record Session(string UserId, string ListeningAddress, string ListeningKey, string Passcode)
{
    public AuthenticationHeaderValue Authorization { get; } =
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ListeningKey}:{Passcode}")));

    public static async Task<Session> OpenAsync(HttpClient http)
    {
        using var answer = await http.PostAsJsonAsync("/connect", new { });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<Session>())!;
    }
}
