using System.Globalization;
using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Moderation;

/// <summary>What operators type to put users out.</summary>
public sealed class ModerationCommandsTests(TestCluster cluster)
{
    [Fact]
    public async Task They_end_block_and_let_in_again()
    {
        var user = $"mallory{Guid.NewGuid():N}";
        await cluster.Api.ConnectAsync(user);

        await SaysAsync("1 sessions have ended", "sessions", "end", "--user", user, "--reason", "spam");
        await SaysAsync(
            $"{user} is blocked until 2099-12-31T00:00:00Z; 0 sessions have ended",
            "users",
            "block",
            user,
            "--until",
            "2099-12-31T00:00:00Z",
            "--reason",
            "abuse"
        );
        var (_, blocked) = await RunAsync("users", "blocked");
        blocked.ShouldContain($"{user} until 2099-12-31T00:00:00Z, by operator: abuse");
        (await cluster.Api.PostAsync("/connect", new { userId = user })).Status.ShouldBe(HttpStatusCode.Forbidden);
        await SaysAsync($"{user} may connect again", "users", "unblock", user);
        await cluster.Api.ConnectAsync(user);

        var (_, audit) = await RunAsync("audit", "--limit", "1000");
        audit
            .Split('\n')
            .Where(line => line.Contains(user))
            .Select(line => line.Split(": ", 2)[1])
            .ShouldBe([
                $"unblock user {user}, 0 sessions",
                $"block user {user} until 2099-12-31T00:00:00Z, 0 sessions: abuse",
                $"end user {user}, 1 sessions: spam",
            ]);
    }

    [Fact]
    public async Task They_erase()
    {
        var user = $"mallory{Guid.NewGuid():N}";
        await cluster.Api.ConnectAsync(user);

        await SaysAsync($"{user} is erased; 1 sessions have ended", "users", "erase", user);
    }

    [Fact]
    public async Task A_block_may_be_given_its_length()
    {
        var user = $"mallory{Guid.NewGuid():N}";

        var (code, output) = await RunAsync("users", "block", user, "--for", "7.00:00:00");

        code.ShouldBe(0, output);
        var until = DateTimeOffset.Parse(output.Split("until ")[1].Split(';')[0], CultureInfo.InvariantCulture);
        (until - TimeProvider.System.GetUtcNow()).TotalDays.ShouldBe(7, tolerance: 0.1);
    }

    [Theory]
    [InlineData("Say either --until or --for.", "users", "block", "alice")]
    [InlineData("The user is not blocked.", "users", "unblock", "nobody")]
    [InlineData("The body must have exactly one of 'listeningKey', 'userId', 'address' and 'node'.", "sessions", "end")]
    public async Task What_they_can_not_do_they_say(string expected, params string[] args)
    {
        var (code, output) = await RunAsync(args);

        code.ShouldBe(1);
        output.ShouldContain(expected);
    }

    private async Task SaysAsync(string expected, params string[] args)
    {
        var (code, output) = await RunAsync(args);
        code.ShouldBe(0, output);
        output.Trim().ShouldBe(expected);
    }

    private Task<(int Code, string Output)> RunAsync(params string[] args) =>
        AdminCommand.RunAsync(cluster.Servers.Webapps[0], args);
}
