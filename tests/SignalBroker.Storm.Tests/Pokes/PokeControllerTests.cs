using System.Text.Json;
using System.Threading.Channels;
using SignalBroker.Client;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Pokes;
using SignalBroker.Storm.Tests.Harness;

namespace SignalBroker.Storm.Tests.Pokes;

/// <summary>What the controller believes, and what it does not.</summary>
[Collection<OneWebappTests>]
public sealed class PokeControllerTests(OneWebapp webapp) : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    private readonly List<PokedClient> clients = [];
    private readonly Queue<string> chosen = new();
    private DeviceConnections connections = null!;
    private PokeController controller = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        connections = new DeviceConnections([webapp.Url], new SourceAddresses());
        controller = await PokeController.StartAsync(
            webapp.Url,
            $"controller.{Guid.NewGuid():N}",
            Choose,
            protocol: null,
            Token
        );
    }

    [Fact]
    public async Task A_poke_back_that_is_not_from_the_poked_session_changes_nothing()
    {
        var (poked, other) = (await ConnectAsync(), await ConnectAsync());
        chosen.Enqueue(poked.Key);
        var tree = controller.GrowAsync(1, Long, Token);
        var poke = await poked.NextAsync();

        await other.AnswerAsync(controller, poke.Id);
        await Eventually.HoldsAsync(() => controller.Errors.Keys.ShouldContain("poke-back-forged"));
        tree.IsCompleted.ShouldBeFalse();

        await poked.AnswerAsync(controller, poke.Id);
        (await tree).Outcome.ShouldBe("complete");
    }

    [Fact]
    public async Task Unknown_and_repeated_poke_backs_are_counted_and_change_nothing()
    {
        var poked = await ConnectAsync();
        chosen.Enqueue(poked.Key);
        var tree = controller.GrowAsync(1, Long, Token);
        var poke = await poked.NextAsync();

        await poked.AnswerAsync(controller, "t999.1");
        await Eventually.HoldsAsync(() => controller.Errors.GetValueOrDefault("poke-back-unexpected").ShouldBe(1));
        tree.IsCompleted.ShouldBeFalse();

        await poked.AnswerAsync(controller, poke.Id);
        var result = await tree;
        await poked.AnswerAsync(controller, poke.Id);
        await Eventually.HoldsAsync(() => controller.Errors["poke-back-unexpected"].ShouldBe(2));
        (result.Answered, controller.Report.Tree.Complete).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_client_cannot_make_a_tree_deeper()
    {
        var poked = await ConnectAsync();
        chosen.Enqueue(poked.Key);
        var tree = controller.GrowAsync(1, Long, Token);
        var poke = await poked.NextAsync();

        await poked.AnswerAsync(controller, poke.Id, depth: 1024);

        var result = await tree;
        (result.Outcome, result.Answered, result.Expected).ShouldBe(("complete", 1, 1));
    }

    [Fact]
    public async Task A_partial_tree_names_the_pokes_that_are_missing()
    {
        var (root, leaving) = (await ConnectAsync(), await ConnectAsync());
        foreach (var key in (string[])[root.Key, leaving.Key, leaving.Key])
        {
            chosen.Enqueue(key);
        }

        var tree = controller.GrowAsync(2, Short, Token);
        await root.AnswerAsync(controller, (await root.NextAsync()).Id);
        string[] unanswered = [(await leaving.NextAsync()).Id, (await leaving.NextAsync()).Id];
        await leaving.Device.DisconnectAsync();

        var result = await tree;
        (result.Outcome, result.Answered, result.Expected).ShouldBe(("partial", 1, 3));
        result.Missing.ShouldBe(unanswered.Order());
        controller.Report.Tree.Broken.ShouldHaveSingleItem().Missing.ShouldBe(result.Missing);
    }

    [Fact]
    public async Task A_tree_without_clients_has_failed()
    {
        var result = await controller.GrowAsync(4, Long, Token);

        (result.Outcome, controller.Report.Tree.Failed).ShouldBe(("failed", 1));
    }

    public async ValueTask DisposeAsync()
    {
        await controller.DisposeAsync();
        foreach (var client in clients)
        {
            await client.Device.DisposeAsync();
        }

        connections.Dispose();
    }

    private string? Choose()
    {
        lock (chosen)
        {
            return chosen.TryDequeue(out var key) ? key : null;
        }
    }

    private async Task<PokedClient> ConnectAsync()
    {
        var client = await PokedClient.ConnectAsync(connections);
        clients.Add(client);
        return client;
    }

    /// <summary>A client that answers when the test says so, and what it says.</summary>
    private sealed class PokedClient
    {
        private readonly Channel<Poke> pokes = Channel.CreateUnbounded<Poke>();

        public Device Device { get; private set; } = null!;

        public string Key => Device.Session.ListeningKey;

        public static async Task<PokedClient> ConnectAsync(DeviceConnections connections)
        {
            var poked = new PokedClient();
            poked.Device = await Device.ConnectOnceAsync(
                connections,
                null,
                envelope => poked.pokes.Writer.TryWrite(PokeEnvelope.Read(envelope.Span)!.AsPoke()!),
                Token
            );
            return poked;
        }

        public ValueTask<Poke> NextAsync() => pokes.Reader.ReadAsync(Token);

        public async Task AnswerAsync(PokeController controller, string id, int? depth = null)
        {
            var content = JsonSerializer.Serialize(new PokeBack(id, 0, 0, depth), JsonSerializerOptions.Web);
            var outcome = await Device.SendAsync(
                Addressee.OfSession(controller.Session.ListeningKey),
                content,
                PokeBack.Type
            );
            outcome.Queued.ShouldBe(1);
        }
    }
}
