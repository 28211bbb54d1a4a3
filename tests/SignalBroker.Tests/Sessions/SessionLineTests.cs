using System.Net;
using System.Text.Json;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Sessions;

/// <summary>Where a user may have one session: who gives way to whom, and who is told.</summary>
public sealed class SessionLineTests(TestCluster cluster, LimitingWebapps webapps) : IClassFixture<LimitingWebapps>
{
    private const string First = "first-0123456789abcdefgh";
    private const string Second = "second-0123456789abcdefg";

    private readonly string user = "lines-" + Guid.NewGuid().ToString("N");
    private readonly Api replacing = new(webapps.Replacing.PublicAddress);
    private readonly Api rejecting = new(webapps.Rejecting.PublicAddress);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_whose_place_another_takes_is_told_so_through_its_socket()
    {
        await using var old = await Listener.StartAsync(replacing, user);

        await replacing.ConnectAsync(user);

        ShouldTellOfReplacement(await old.ReceiveAsync());
        await old.Closed.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task A_session_whose_place_another_takes_is_told_so_through_its_stream()
    {
        await using var old = await StreamListener.StartAsync(replacing, user);

        await replacing.ConnectAsync(user);

        ShouldTellOfReplacement(JsonDocument.Parse(await old.ReadAsync()).RootElement);
        await old.Ended.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task A_client_that_comes_back_too_late_is_told_that_it_was_replaced()
    {
        await OpenAsync(replacing, First);
        var young = await OpenAsync(replacing, Second);

        var answer = await ConnectAsync(replacing, First, resumes: true);

        answer.Status.ShouldBe(HttpStatusCode.Conflict);
        answer.Code.ShouldBe("session-replaced");
        (await replacing.ExchangeAsync(young, new { to = user, content = 1 })).Code.ShouldBe("user-not-listening");
    }

    [Fact]
    public async Task A_client_without_a_line_takes_a_place_even_if_it_says_that_it_comes_back()
    {
        var old = await OpenAsync(replacing, First);

        var answer = await replacing.PostAsync("/connect", new { userId = user, resumes = true });

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        await ShouldHaveEndedAsync(replacing, old);
    }

    [Fact]
    public async Task A_client_that_comes_back_replaces_its_own_lost_session()
    {
        var lost = await OpenAsync(replacing, First);

        var next = await ConnectAsync(replacing, First, resumes: true);
        var again = await ConnectAsync(replacing, First, resumes: true);

        next.Status.ShouldBe(HttpStatusCode.OK, next.Body);
        again.Status.ShouldBe(HttpStatusCode.OK, again.Body);
        await ShouldHaveEndedAsync(replacing, lost);
    }

    [Fact]
    public async Task A_client_that_comes_back_finds_no_place_held_by_a_session_of_an_earlier_webapp()
    {
        var lost = await OpenAsync(replacing, First);
        await using var forget = cluster.Database.CreateCommand(
            "UPDATE sessions SET line_sha256 = NULL WHERE listening_key = $1"
        );
        forget.Parameters.AddWithValue(lost.ListeningKey);
        (await forget.ExecuteNonQueryAsync(Token)).ShouldBe(1);

        (await ConnectAsync(replacing, First, resumes: true)).Status.ShouldBe(HttpStatusCode.OK);

        await ShouldHaveEndedAsync(replacing, lost);
    }

    [Fact]
    public async Task A_replaced_client_comes_back_when_the_other_has_gone()
    {
        await OpenAsync(replacing, First);
        var young = await OpenAsync(replacing, Second);
        await replacing.DisconnectAsync(young);

        (await ConnectAsync(replacing, First, resumes: true)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_reloaded_page_takes_over_from_its_own_session_and_from_no_other()
    {
        var old = await OpenAsync(rejecting, First);

        (await ConnectAsync(rejecting, Second)).Code.ShouldBe("user-already-connected");
        (await rejecting.PostAsync("/connect", new { userId = user })).Code.ShouldBe("user-already-connected");
        var reloaded = await ConnectAsync(rejecting, First);

        reloaded.Status.ShouldBe(HttpStatusCode.OK, reloaded.Body);
        await ShouldHaveEndedAsync(rejecting, old);
        (await ConnectAsync(rejecting, Second)).Code.ShouldBe("user-already-connected");
    }

    [Fact]
    public async Task Of_a_page_that_is_reloaded_many_times_at_once_one_session_is_left()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync(rejecting, First)));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        var sent = await Task.WhenAll(
            answers.Select(answer => rejecting.ExchangeAsync(answer.Session, new { to = user, content = 1 }))
        );
        sent.Count(answer => answer.Code == "user-not-listening").ShouldBe(1);
        sent.Count(answer => answer.Code == "unauthorized").ShouldBe(19);
    }

    [Fact]
    public async Task Where_a_user_may_have_many_sessions_a_line_ends_none()
    {
        var one = await OpenAsync(cluster.Api, First);
        await OpenAsync(cluster.Api, First);

        (await cluster.Api.ExchangeAsync(one, new { to = user, content = 1 })).Code.ShouldBe("user-not-listening");
    }

    [Fact]
    public async Task A_form_takes_over_as_well()
    {
        var fields = new Dictionary<string, string> { ["userId"] = user, ["line"] = First };
        (await rejecting.PostFormAsync("/connect", fields)).Status.ShouldBe(HttpStatusCode.OK);

        (await rejecting.PostFormAsync("/connect", fields)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static void ShouldTellOfReplacement(JsonElement envelope)
    {
        envelope.TryGetProperty("from", out _).ShouldBeFalse();
        envelope.GetProperty("type").GetString().ShouldBe("session");
        envelope.GetProperty("content").GetProperty("event").GetString().ShouldBe("replaced");
    }

    private Task<Answer> ConnectAsync(Api api, string line, bool resumes = false) =>
        api.PostAsync(
            "/connect",
            new
            {
                userId = user,
                line,
                resumes,
            }
        );

    private async Task<ConnectedSession> OpenAsync(Api api, string line)
    {
        var answer = await ConnectAsync(api, line);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Session;
    }

    private async Task ShouldHaveEndedAsync(Api api, ConnectedSession session) =>
        (await api.ExchangeAsync(session, new { to = user, content = 1 })).Status.ShouldBe(HttpStatusCode.Unauthorized);
}
