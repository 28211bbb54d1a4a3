using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Status;
using SignalBroker.Storm.Tests.Reports;

namespace SignalBroker.Storm.Tests.Status;

/// <summary>The monitoring API, asked over HTTP.</summary>
public sealed class StatusServerTests : IDisposable
{
    private readonly HttpClient http = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Status_has_the_results_of_all_three_types_of_pokes()
    {
        await using var server = await StatusServer.StartAsync(null, () => Samples.Pokes);

        var status = await GetAsync(server, "/status");

        status.GetProperty("load").GetString().ShouldBe("poke");
        status.GetProperty("phase").GetString().ShouldBe("stopped");
        status.GetProperty("clients").GetInt64().ShouldBe(500);
        var unicast = status.GetProperty("unicast");
        (unicast.GetProperty("sent").GetInt64(), unicast.GetProperty("answered").GetInt64()).ShouldBe((200, 199));
        unicast
            .GetProperty("roundTrip")
            .GetProperty("p99")
            .GetInt64()
            .ShouldBe(Samples.Pokes.Pokes!.Unicast.RoundTrip!.P99);
        unicast.GetProperty("roundTrip").TryGetProperty("buckets", out _).ShouldBeFalse();
        status.GetProperty("broadcast").GetProperty("answered").GetInt64().ShouldBe(1000);
        var tree = status.GetProperty("tree");
        string[] outcomes = ["started", "running", "complete", "partial", "failed"];
        outcomes.Select(outcome => tree.GetProperty(outcome).GetInt64()).ShouldBe([100, 1, 93, 5, 1]);
        tree.GetProperty("duration").GetProperty("count").GetInt64().ShouldBe(93);
        tree.GetProperty("broken")[0].GetProperty("missing")[0].GetString().ShouldBe("p-118");
    }

    [Fact]
    public async Task Status_of_a_load_without_pokes_is_zero()
    {
        await using var server = await StatusServer.StartAsync(null, () => Samples.Empty);

        var status = await GetAsync(server, "/status");

        status.GetProperty("tree").GetProperty("started").GetInt64().ShouldBe(0);
        status.GetProperty("unicast").TryGetProperty("roundTrip", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Live_is_the_report_at_this_moment()
    {
        var report = Samples.Exchange with { Seconds = 1 };
        await using var server = await StatusServer.StartAsync(null, () => report);

        var first = await http.GetFromJsonAsync(new Uri(server.Address, "/live"), ReportJson.Default.LoadReport, Token);
        report = report with { Seconds = 2 };
        var second = await http.GetFromJsonAsync(
            new Uri(server.Address, "/live"),
            ReportJson.Default.LoadReport,
            Token
        );

        (first!.Seconds, second!.Seconds).ShouldBe((1, 2));
        second.Totals.ShouldBe(Samples.Exchange.Totals);
        second.Timeline.Count.ShouldBe(300);
    }

    [Fact]
    public async Task The_live_page_is_the_report()
    {
        await using var server = await StatusServer.StartAsync(null, () => Samples.Exchange);

        using var answer = await http.GetAsync(server.Address, Token);

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        var page = await answer.Content.ReadAsStringAsync(Token);
        page.ShouldContain("Latency over time");
        page.ShouldContain("fetch(");
    }

    [Fact]
    public async Task It_answers_on_loopback_and_on_the_port_that_was_named()
    {
        var port = await FreePortAsync();
        await using var server = await StatusServer.StartAsync(port, () => Samples.Empty);

        server.Address.ShouldBe(new Uri($"http://127.0.0.1:{port}/"));
        await GetAsync(server, "/status");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_reported_and_not_waited_for()
    {
        await using var first = await StatusServer.StartAsync(null, () => Samples.Empty);

        var failure = await Should.ThrowAsync<IOException>(() =>
            StatusServer.StartAsync(first.Address.Port, () => Samples.Empty)
        );

        failure.Message.ShouldContain($"{first.Address.Port}");
    }

    [Fact]
    public async Task Other_paths_are_not_found_and_a_stopped_server_is_gone()
    {
        var server = await StatusServer.StartAsync(null, () => Samples.Empty);
        var address = new Uri(server.Address, "/other");
        using var answer = await http.GetAsync(address, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await server.DisposeAsync();

        await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync(address, Token));
    }

    private async Task<JsonElement> GetAsync(StatusServer server, string path)
    {
        using var answer = await http.GetAsync(new Uri(server.Address, path), Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<int> FreePortAsync()
    {
        await using var server = await StatusServer.StartAsync(null, () => Samples.Empty);
        return server.Address.Port;
    }
}
