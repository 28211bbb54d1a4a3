using System.Net;
using System.Text;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;
using SignalBroker.Visibility;

namespace SignalBroker.Tests.Threats;

/// <summary>What an anonymous member may rely on: nobody else in the room learns its user id or listening key.</summary>
public sealed class AnonymityTests(TestCluster cluster)
{
    private Api Api => cluster.Api;

    [Fact]
    public async Task An_anonymous_member_is_known_by_member_id_and_alias_in_every_frame_and_answer()
    {
        await using var host = await Listener.StartAsync(Api, "host-" + Guid.NewGuid());
        await using var hidden = await Listener.StartAsync(Api, "hidden-" + Guid.NewGuid());
        await using var hiddenToo = await Listener.StartAsync(Api, hidden.Session.UserId, "hidden-device");
        var made = await Api.CreateRoomAsync(host.Session, new { open = true });
        var room = made.Text("room")!;
        await using var raw = await AmqpListener.StartAsync(cluster);
        await Api.JoinRoomAsync(raw.Session, room);
        await using var silent = await Listener.StartAsync(Api);
        await Api.JoinRoomAsync(silent.Session, room, new { anonymous = true });

        var member = await Api.JoinRoomAsync(hidden.Session, room, new { anonymous = true, alias = "Fox" });
        await Api.ExchangeAsync(
            hidden.Session,
            new
            {
                toRoom = room,
                type = "word",
                content = "to all",
            }
        );
        await Api.ExchangeAsync(
            hidden.Session,
            new
            {
                toRoom = room,
                toMember = made.Text("me"),
                content = "to one",
            }
        );
        var answers = new List<Answer>
        {
            await Api.RoomsAsync(HttpMethod.Get, $"/{room}", host.Session),
            await Api.RoomsAsync(HttpMethod.Get, $"/{room}/members", host.Session),
            await Api.RoomsAsync(HttpMethod.Get, "", host.Session),
            await Api.ExchangeAsync(host.Session, new { toRoom = room, content = "from the host" }),
            await Api.ExchangeAsync(
                host.Session,
                new
                {
                    toRoom = room,
                    toMember = member,
                    content = "from the host to the fox",
                }
            ),
        };
        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/leave", hidden.Session);

        await host.ReceiveRoomEventAsync("joined");
        await host.ReceiveRoomEventAsync("joined");
        var joined = (await host.ReceiveRoomEventAsync("joined")).GetProperty("member");
        (joined.Text("member"), joined.Text("alias"), joined.Text("userId")).ShouldBe((member, "Fox", null));
        var toAll = await host.ReceiveAsync();
        toAll.GetProperty("from").Text("member").ShouldBe(member);
        toAll.GetProperty("from").Text("alias").ShouldBe("Fox");
        toAll.Text("fromMember").ShouldBe(member);
        toAll.TryGetProperty("fromSession", out _).ShouldBeFalse();
        (await host.ReceiveAsync()).Text("content").ShouldBe("to one");
        (await host.ReceiveRoomEventAsync("left")).GetProperty("member").Text("userId").ShouldBeNull();
        foreach (var happened in (string[])["joined", "joined", "word", "from the host", "left"])
        {
            await raw.ReceiveAsync(happened);
        }

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        var host_s_frames = host.Transcript;
        host_s_frames.ShouldContain("to all");
        raw.Frames.ShouldContain("to all");
        foreach (var secret in (string[])[hidden.Session.UserId, hidden.Key, hiddenToo.Key, "hidden-device"])
        {
            host_s_frames.ShouldNotContain(secret);
            raw.Frames.ShouldNotContain(secret);
            answers.ShouldAllBe(answer => !answer.Body.Contains(secret));
        }

        // Nor does anybody learn by its frames who else got a copy.
        raw.Frames.ShouldNotContain(silent.Key);
        host_s_frames.ShouldNotContain(silent.Key);
        host_s_frames.ShouldNotContain(raw.Session.ListeningKey);
    }

    [Fact]
    public async Task An_anonymous_member_can_reveal_itself_and_nobody_else_can()
    {
        await using var host = await Listener.StartAsync(Api);
        await using var hidden = await Listener.StartAsync(Api);
        var room = (await Api.CreateRoomAsync(host.Session)).Text("room")!;
        var member = await Api.JoinRoomAsync(hidden.Session, room, new { anonymous = true, alias = "Fox" });
        await host.ReceiveRoomEventAsync("joined");

        // It reveals whoever asks for it: the host, who is known anyway.
        await Api.RoomsAsync(HttpMethod.Post, $"/{room}/reveal", host.Session);
        (await Api.MembersAsync(host.Session, room))[1].Text("userId").ShouldBeNull();
        (await Api.RoomsAsync(HttpMethod.Post, $"/{room}/reveal", hidden.Session)).Status.ShouldBe(HttpStatusCode.OK);

        var revealed = (await host.ReceiveRoomEventAsync("revealed")).GetProperty("member");
        revealed.Text("member").ShouldBe(member);
        revealed.Text("userId").ShouldBe(hidden.Session.UserId);
        (await Api.MembersAsync(host.Session, room))[1].Text("userId").ShouldBe(hidden.Session.UserId);
        await Api.ExchangeAsync(hidden.Session, new { toRoom = room, content = "it was me" });
        (await host.ReceiveAsync()).Text("from").ShouldBe(hidden.Session.UserId);
    }

    [Fact]
    public async Task An_anonymous_owner_is_as_hidden_as_any_member()
    {
        await using var owner = await Listener.StartAsync(Api);
        await using var guest = await Listener.StartAsync(Api);
        var made = await Api.CreateRoomAsync(
            owner.Session,
            new
            {
                open = true,
                kind = "host",
                anonymous = true,
                alias = "Quizmaster",
            }
        );
        var room = made.Text("room")!;

        await Api.JoinRoomAsync(guest.Session, room);
        await Api.ExchangeAsync(owner.Session, new { toRoom = room, content = "question 1" });

        var envelope = await guest.ReceiveAsync();
        envelope.GetProperty("from").Text("alias").ShouldBe("Quizmaster");
        var shown = await Api.RoomsAsync(HttpMethod.Get, $"/{room}", guest.Session);
        shown.Json.Text("owner").ShouldBe(made.Text("me"));
        (shown.Body + envelope).ShouldNotContain(owner.Session.UserId);
    }

    [Fact]
    public async Task To_share_a_room_anonymously_makes_nobody_known()
    {
        var store = new VisibilityStore(cluster.Database);
        var viewer = await Api.ConnectAsync();
        var open = await Api.ConnectAsync();
        var hidden = await Api.ConnectAsync();
        var stranger = await Api.ConnectAsync();
        var room = (await Api.CreateRoomAsync(viewer)).Text("room")!;
        await Api.JoinRoomAsync(open, room);
        await Api.JoinRoomAsync(hidden, room, new { anonymous = true });

        (await store.IsKnownAsync(viewer.UserId, open.UserId)).ShouldBeTrue();
        (await store.IsKnownAsync(viewer.UserId, hidden.UserId)).ShouldBeFalse();
        (await store.IsKnownAsync(viewer.UserId, stranger.UserId)).ShouldBeFalse();
    }

    /// <summary>A session that listens by AMQP; every byte that its node sends it is kept.</summary>
    private sealed class AmqpListener : IAsyncDisposable
    {
        private readonly RecordingProxy proxy;
        private readonly IConnection connection;
        private readonly Channel<BasicDeliverEventArgs> deliveries = Channel.CreateUnbounded<BasicDeliverEventArgs>();

        private AmqpListener(ConnectedSession session, RecordingProxy proxy, IConnection connection) =>
            (Session, this.proxy, this.connection) = (session, proxy, connection);

        public ConnectedSession Session { get; }

        public string Frames => proxy.Recorded;

        public static async Task<AmqpListener> StartAsync(TestCluster cluster)
        {
            var session = await cluster.Api.ConnectAsync();
            var address = new Uri(cluster.NodeOf(session).AmqpAddress);
            var recorder = new RecordingProxy(address.Port);
            var factory = new ConnectionFactory
            {
                HostName = "127.0.0.1",
                Port = recorder.Port,
                UserName = session.ListeningKey,
                Password = session.Passcode,
                AutomaticRecoveryEnabled = false,
            };
            var opened = await factory.CreateConnectionAsync();
            var listener = new AmqpListener(session, recorder, opened);
            var channel = await opened.CreateChannelAsync();
            await channel.QueueDeclareAsync(session.ListeningKey, durable: false, exclusive: true, autoDelete: true);
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, delivery) =>
            {
                // The body lasts only until this returns.
                var kept = new BasicDeliverEventArgs(
                    delivery.ConsumerTag,
                    delivery.DeliveryTag,
                    delivery.Redelivered,
                    delivery.Exchange,
                    delivery.RoutingKey,
                    delivery.BasicProperties,
                    delivery.Body.ToArray()
                );
                listener.deliveries.Writer.TryWrite(kept);
                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(session.ListeningKey, autoAck: true, consumer);
            return listener;
        }

        /// <summary>Waits for the next envelope, which must hold the word.</summary>
        public async Task ReceiveAsync(string word)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            var delivery = await deliveries.Reader.ReadAsync(patience.Token);
            Encoding.UTF8.GetString(delivery.Body.Span).ShouldContain(word);
            delivery.RoutingKey.ShouldStartWith("r.");
            delivery.BasicProperties.IsHeadersPresent().ShouldBeFalse();
        }

        public async ValueTask DisposeAsync()
        {
            await connection.DisposeAsync();
            await proxy.DisposeAsync();
        }
    }
}
