using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Fleet;

/// <summary>Sessions go where the client or a proxy wants them, and elsewhere while there is no room.</summary>
public sealed class RegionTests(MoveCluster cluster) : IClassFixture<MoveCluster>
{
    private static readonly string[] New = ["new"];

    private Node Europe => cluster.Servers.Nodes[0];

    private Node America => cluster.Servers.Nodes[1];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_goes_where_the_client_wants_it_or_else_where_the_proxy_says_that_it_is()
    {
        await using var webapp = await WebappAsync();
        for (var time = 0; time < 5; time++)
        {
            (await webapp.PlaceAsync(new { region = "eu" })).ShouldBe(("eu", Europe.ListeningAddress));
            (await webapp.PlaceAsync(new { }, header: "us")).ShouldBe(("us", America.ListeningAddress));
            (await webapp.PlaceAsync(new { region = "eu" }, header: "us")).ShouldBe(("eu", Europe.ListeningAddress));
            (await webapp.PlaceAsync(new { labels = New })).ShouldBe(("us", America.ListeningAddress));
        }

        var near = await webapp.PlaceAsync(new { near = "a room" });
        for (var time = 0; time < 5; time++)
        {
            (await webapp.PlaceAsync(new { near = "a room" })).ShouldBe(near);
        }

        (await webapp.PlaceAsync(new { region = "mars" })).ShouldNotBe(("mars", ""));
        (await webapp.SpilledAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_region_spills_over_to_the_next_one_and_that_is_counted()
    {
        await using var webapp = await WebappAsync(("Nodes:0:Capacity", "0"));

        await Eventually.HoldsAsync(async () =>
            (await webapp.PlaceAsync(new { region = "eu" })).ShouldBe(("us", America.ListeningAddress))
        );

        (await webapp.SpilledAsync()).ShouldHaveSingleItem().ShouldContain($"node=\"{America.Name}\",region=\"eu\"");
    }

    [Fact]
    public async Task Nodes_that_have_had_their_share_of_a_second_are_passed_over_and_whoever_is_too_much_waits()
    {
        await using var webapp = await WebappAsync(("Sessions:PerSecondOfNode", "1"));
        await webapp.Webapp.NodesReadyAsync();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => webapp.Api.PostAsync("/connect", new { region = "eu" }))
        );

        var opened = answers.Where(answer => answer.Status == HttpStatusCode.OK).ToArray();
        // A burst of two at each, and the first of them where it was wanted.
        opened.Length.ShouldBeInRange(4, 30);
        opened.CountBy(answer => answer.Session.ListeningAddress).ShouldAllBe(node => node.Value >= 2);
        foreach (var refused in answers.Except(opened))
        {
            refused.Code.ShouldBe("no-node-available");
            refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 5);
        }
    }

    [Fact]
    public async Task A_session_that_moves_stays_in_the_region_that_its_client_wants()
    {
        await using var webapp = await WebappAsync();
        var session = (await webapp.Api.PostAsync("/connect", new { region = "eu" })).Session;
        await using var listener = await Listener.StartAsync(session);

        var successor = await webapp.Api.PostAsync(
            "/connect",
            new
            {
                region = "us",
                predecessor = new
                {
                    session.ListeningKey,
                    session.Passcode,
                    listens = true,
                },
            }
        );

        successor.Json.GetProperty("region").GetString().ShouldBe("us");
    }

    [Theory]
    [InlineData("""{"region": ""}""")]
    [InlineData("""{"region": "a b"}""")]
    [InlineData("""{"labels": ["a", "b c"]}""")]
    [InlineData("""{"labels": [null]}""")]
    [InlineData("""{"labels": ["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"]}""")]
    [InlineData("""{"near": ""}""")]
    public async Task A_wish_that_is_none_is_refused(string body)
    {
        var refused = await cluster.ApiOf(0).PostAsync("/connect", JsonDocument.Parse(body).RootElement);
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Code.ShouldBe("invalid-member");
    }

    [Fact]
    public async Task The_regions_are_listed_for_everybody_only_where_that_is_switched_on()
    {
        (await cluster.ApiOf(0).GetAsync("/nodes")).Code.ShouldBe("not-found");

        await using var webapp = await WebappAsync(("Regions:Listed", "true"));
        await Eventually.HoldsAsync(async () =>
            (await webapp.Api.GetAsync("/nodes"))
                .Json.GetProperty("regions")
                .EnumerateArray()
                .Select(region => (region.GetProperty("region").GetString(), region.GetProperty("address").GetString()))
                .ShouldBe([("eu", Europe.ListeningAddress), ("us", America.ListeningAddress)])
        );
    }

    // With settings of a test's own not every node need be ready.
    private async Task<RegionalWebapp> WebappAsync(params (string Name, string Value)[] settings)
    {
        var webapp = await cluster.Servers.AddWebappAsync(
            [
                new("Nodes:0:Region", "eu"),
                new("Nodes:1:Region", "us"),
                new("Nodes:1:Labels:0", "new"),
                new("Regions:Header", "X-Region"),
                new("Regions:Order:0", "eu"),
                new("Regions:Order:1", "us"),
                .. settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)),
            ],
            Token
        );
        if (settings.Length == 0)
        {
            await webapp.NodesReadyAsync();
        }

        return new(cluster.Servers, webapp);
    }

    private sealed class RegionalWebapp(Cluster servers, Webapp webapp) : IAsyncDisposable
    {
        public Api Api { get; } = new(webapp.PublicAddress);

        public Webapp Webapp => webapp;

        /// <summary>The region and the address of the node that a session gets.</summary>
        public async Task<(string? Region, string ListeningAddress)> PlaceAsync(object body, string? header = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/connect")
            {
                Content = JsonContent.Create(body),
            };
            if (header is not null)
            {
                request.Headers.Add("X-Region", header);
            }

            var answer = await Api.SendAsync(request);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
            await Api.DisconnectAsync(answer.Session);
            return (answer.Json.GetProperty("region").GetString(), answer.Session.ListeningAddress);
        }

        /// <summary>The lines of the metric that counts sessions in another region than the wanted one.</summary>
        public async Task<string[]> SpilledAsync()
        {
            var scraped = await new Api(webapp.InternalAddress).GetAsync("/metrics");
            return
            [
                .. scraped
                    .Body.Split('\n')
                    .Where(line => line.StartsWith("signalbroker_sessions_spilled", StringComparison.Ordinal)),
            ];
        }

        public async ValueTask DisposeAsync() => await servers.RemoveWebappAsync(webapp);
    }
}
