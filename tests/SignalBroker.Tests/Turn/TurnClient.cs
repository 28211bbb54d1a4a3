using System.Diagnostics;
using System.Text.Json;

namespace SignalBroker.Tests.Turn;

/// <summary>A TURN server's address with a credential, as a browser finds it among its ICE servers.</summary>
public sealed record Relay(Uri Address, string Username, string Credential)
{
    /// <summary>The relays over UDP that a webapp has answered, one for each credential.</summary>
    public static IReadOnlyList<Relay> ReadAll(JsonElement answer) =>
        [
            .. answer
                .GetProperty("iceServers")
                .EnumerateArray()
                .Where(server =>
                    server.TryGetProperty("credential", out var credential)
                    && credential.ValueKind == JsonValueKind.String
                )
                .Select(server => new Relay(
                    new(server.GetProperty("urls")[0].GetString()!.Replace("turn:", "turn://")),
                    server.GetProperty("username").GetString()!,
                    server.GetProperty("credential").GetString()!
                )),
        ];
}

/// <summary>coturn's own client, which allocates a relay and sends messages through it to itself.</summary>
public static class TurnClient
{
    private const int Messages = 5;

    /// <summary>Whether all messages came through the relay; false when it refuses the credential.</summary>
    public static async Task<bool> RelaysAsync(Relay relay, bool overTcp = false)
    {
        string[] arguments =
        [
            .. overTcp ? ["-t"] : Array.Empty<string>(),
            // From client to client, without a second relay for RTCP.
            "-y",
            "-c",
            "-n",
            $"{Messages}",
            "-m",
            "1",
            "-p",
            $"{relay.Address.Port}",
            "-u",
            relay.Username,
            "-w",
            relay.Credential,
            relay.Address.Host,
        ];
        var start = new ProcessStartInfo("turnutils_uclient", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var token = TestContext.Current.CancellationToken;
            var texts = await Task.WhenAll(
                    process.StandardOutput.ReadToEndAsync(token),
                    process.StandardError.ReadToEndAsync(token)
                )
                .WaitAsync(TimeSpan.FromSeconds(60), token);
            var text = string.Concat(texts);
            if (text.Contains("Cannot complete Allocation", StringComparison.Ordinal))
            {
                return false;
            }

            // Two clients send to each other.
            text.ShouldContain($"tot_send_msgs={2 * Messages}, tot_recv_msgs={2 * Messages}");
            return true;
        }
        finally
        {
            process.Kill();
        }
    }
}
