using System.Net;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Sessions;

namespace SignalBroker.Tests.Threats;

/// <summary>Somebody wants to end the one session that a user may have.</summary>
public sealed class SessionTakeOverTests(LimitingWebapps webapps) : IClassFixture<LimitingWebapps>
{
    private const string Line = "line-0123456789abcdefg";

    private readonly Api api = new(webapps.Rejecting.PublicAddress);
    private readonly string user = "victim-" + Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData("")]
    [InlineData("tooShortToBeASecret42")]
    [InlineData("0123456789 0123456789 0123456789")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task A_line_that_can_be_guessed_is_refused(string line)
    {
        var answer = await api.PostAsync("/connect", new { userId = user, line });

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Code.ShouldBe("invalid-member");
    }

    [Fact]
    public async Task Whoever_has_another_line_or_none_is_turned_away()
    {
        var victim = await ConnectAsync();

        foreach (var line in new[] { null, Line + "x", Line[..^1] + "x", Line.ToUpperInvariant() })
        {
            (await api.PostAsync("/connect", new { userId = user, line })).Code.ShouldBe("user-already-connected");
        }

        await ShouldLiveAsync(victim);
    }

    [Fact]
    public async Task A_line_ends_no_session_of_another_user()
    {
        var victim = await ConnectAsync();

        var other = await api.PostAsync("/connect", new { userId = user + "-other", line = Line });

        other.Status.ShouldBe(HttpStatusCode.OK, other.Body);
        await ShouldLiveAsync(victim);
    }

    private async Task<ConnectedSession> ConnectAsync()
    {
        var answer = await api.PostAsync("/connect", new { userId = user, line = Line });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Session;
    }

    // Its credential is good as long as it lives; nobody listens there.
    private async Task ShouldLiveAsync(ConnectedSession session) =>
        (await api.ExchangeAsync(session, new { to = user, content = 1 })).Code.ShouldBe("user-not-listening");
}
