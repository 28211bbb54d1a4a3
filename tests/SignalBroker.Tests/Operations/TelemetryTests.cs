using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Operations;

/// <summary>What monitoring gets to see.</summary>
public sealed class TelemetryTests(TestCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prometheus_can_scrape_the_internal_port()
    {
        await using var listener = await Listener.StartAsync(cluster.Api);
        await cluster.Api.ExchangeAsync(listener.Session, new { to = listener.Session.UserId, content = 1 });

        var scraped = await cluster.InternalOf(0).GetAsync("/metrics");

        scraped.Status.ShouldBe(HttpStatusCode.OK);
        var node = cluster.NodeOf(listener.Session).Name;
        LineOf("signalbroker_sessions_opened_total").ShouldContain($"node=\"{node}\"");
        LineOf("signalbroker_signals_routed_total").ShouldContain("outcome=\"queued\"");
        LineOf("http_server_request_duration_seconds_count").ShouldContain("/exchange");
        LineOf("db_client_connections").ShouldContain("idle");
        LineOf("db_client_").ShouldNotContain("Username");
        LineOf("dotnet_process_memory_working_set_bytes").ShouldNotBeEmpty();
        (await Promtool.RunAsync(["check", "metrics"], scraped.Body)).ShouldBeEmpty();

        string LineOf(string metric) =>
            string.Join(
                '\n',
                scraped.Body.Split('\n').Where(line => line.StartsWith(metric, StringComparison.Ordinal))
            );
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/METRICS")]
    [InlineData("/metrics/")]
    public async Task The_public_port_has_no_metrics(string path) =>
        (await cluster.Api.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_trace_leads_from_the_request_to_the_publish(bool toRoom)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var traced = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>(TestCluster.Settings)
            {
                ["Telemetry:OtlpEndpoint"] = receiver.Address,
                ["Telemetry:TracedPart"] = "1",
            },
            Token
        );
        try
        {
            var api = new Api(traced.PublicAddress);
            await using var listener = await Listener.StartAsync(cluster.Api);
            await using var member = await Listener.StartAsync(cluster.Api);
            var room = (await cluster.Api.CreateRoomAsync(listener.Session)).Text("room")!;
            await cluster.Api.JoinRoomAsync(member.Session, room);
            await Eventually.HoldsAsync(async () =>
            {
                object signal = toRoom
                    ? new { toRoom = room, content = 1 }
                    : new { to = listener.Session.UserId, content = 1 };
                (await api.ExchangeAsync(listener.Session, signal)).Body.ShouldContain("\"queued\"");
            });

            await Eventually.HoldsAsync(() =>
            {
                var trace = receiver.Bodies.Where(body => body.Path == "/v1/traces").Select(body => body.Text).ToList();
                trace.ShouldContain(text =>
                    text.Contains("POST /exchange", StringComparison.Ordinal)
                    && text.Contains("publish", StringComparison.Ordinal)
                    && text.Contains("signalbroker.outcome", StringComparison.Ordinal)
                );
                string.Concat(trace).ShouldNotContain(listener.Session.Passcode);
                return Task.CompletedTask;
            });
        }
        finally
        {
            await cluster.Servers.RemoveWebappAsync(traced);
        }
    }

    /// <summary>Takes whatever is sent to it by OTLP over HTTP.</summary>
    private sealed class OtlpReceiver : IAsyncDisposable
    {
        private readonly WebApplication app;

        private OtlpReceiver()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            app = builder.Build();
            app.Run(TakeAsync);
        }

        public string Address => app.Urls.Single();

        public ConcurrentQueue<(string Path, string Text)> Bodies { get; } = new();

        public static async Task<OtlpReceiver> StartAsync()
        {
            var receiver = new OtlpReceiver();
            await receiver.app.StartAsync(Token);
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
            Bodies.Enqueue((context.Request.Path, await reader.ReadToEndAsync(context.RequestAborted)));
        }
    }
}
