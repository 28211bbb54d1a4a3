using Microsoft.Extensions.Options;
using SignalBroker.Nodes;

namespace SignalBroker.Tests.Nodes;

/// <summary>Which node gets the next session.</summary>
public sealed class NodeChoiceTests
{
    private readonly Random random = new(7);

    [Fact]
    public void Sessions_are_spread_by_how_full_the_nodes_are()
    {
        var catalog = Catalog(("small", 1_000), ("large", 3_000), ("larger", 6_000));

        for (var session = 0; session < 5_000; session++)
        {
            catalog.Choose(random)!.AddSession();
        }

        foreach (var node in catalog.Nodes)
        {
            ((double)node.Sessions / node.Capacity).ShouldBe(0.5, tolerance: 0.05, node.Name);
        }
    }

    [Fact]
    public void A_node_that_is_full_blocked_unreachable_or_not_heard_gets_none()
    {
        var catalog = Catalog(
            ("full", 1),
            ("blocked", 1_000),
            ("unreachable", 1_000),
            ("unbound", 1_000),
            ("good", 1_000)
        );
        var nodes = catalog.Nodes.ToDictionary(node => node.Name);
        nodes["full"].SetSessions(1);
        nodes["blocked"].Blocked = true;
        nodes["unreachable"].Responsive = false;
        nodes["unbound"].EventsBound = false;

        nodes["full"].State.ShouldBe(NodeState.Full);
        nodes["blocked"].State.ShouldBe(NodeState.Blocked);
        nodes["unreachable"].State.ShouldBe(NodeState.Unreachable);
        nodes["unbound"].State.ShouldBe(NodeState.Unreachable);
        for (var time = 0; time < 100; time++)
        {
            catalog.Choose(random)!.Name.ShouldBe("good");
        }
    }

    [Fact]
    public void Where_no_node_is_left_none_is_chosen()
    {
        var catalog = Catalog(("one", 1), ("other", 1));

        catalog.Choose(random)!.AddSession();
        catalog.Choose(random)!.AddSession();

        catalog.Choose(random).ShouldBeNull();
    }

    [Fact]
    public void A_session_stays_in_its_region_and_goes_to_the_next_one_that_has_room()
    {
        var catalog = Catalog(("eu", 2), ("us", 1), ("asia", 10));
        var wanted = new Placement("eu", ["us"]);

        Place(catalog, wanted, times: 5).ShouldBe(["eu", "eu", "us", "asia", "asia"]);
    }

    [Fact]
    public void Labels_choose_within_a_region_and_a_region_that_nobody_has_chooses_nothing()
    {
        var catalog = Catalog(("eu", 100), ("us", 100));

        Place(catalog, new("eu", [], ["in-us"]), times: 3).ShouldAllBe(name => name == "eu");
        Place(catalog, new(Labels: ["in-us", "unheard-of"]), times: 3).ShouldAllBe(name => name == "us");
        Place(catalog, new("mars"), times: 50).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Who_gives_the_same_word_meets_on_one_node_and_no_node_becomes_much_fuller_for_it()
    {
        (string, int)[] nodes =
        [
            .. Enumerable.Range(1, 30).Select(number => ($"node{number}", number % 2 == 0 ? 400 : 200)),
        ];
        var catalog = Catalog(nodes);

        var scattered = 0;
        for (var room = 0; room < 1_000; room++)
        {
            scattered += Place(catalog, new(Near: $"room {room}"), times: 4).Distinct().Count() - 1;
        }

        // At random, four sessions need about 2.8 nodes more than one.
        scattered.ShouldBeLessThan(400);
        var most = (4_000.0 / nodes.Sum(node => node.Item2)) + 0.06;
        catalog.Nodes.Max(Fullness).ShouldBeLessThan(most);

        // One crowd is spread as well.
        var crowded = Catalog(nodes);
        Place(crowded, new(Near: "crowd"), times: 4_000);
        crowded.Nodes.Max(Fullness).ShouldBeLessThan(most);

        static double Fullness(Node node) => (double)node.Sessions / node.Capacity;
    }

    [Fact]
    public void A_session_that_moves_goes_where_most_room_is()
    {
        var catalog = Catalog([.. Enumerable.Range(1, 30).Select(number => ($"node{number}", 1_000))]);
        foreach (var node in catalog.Nodes)
        {
            node.SetSessions(500);
        }

        catalog.Nodes[29].SetSessions(0);

        Place(catalog, new(Except: "node1", Moves: true), times: 400).ShouldAllBe(name => name == "node30");
        Place(catalog, new(Except: "node1"), times: 400).Distinct().Count().ShouldBe(29);
    }

    [Fact]
    public void A_node_that_comes_takes_only_its_own_share_of_the_words()
    {
        var before = Catalog(("a", 1_000_000), ("b", 1_000_000), ("c", 1_000_000));
        var after = Catalog(("a", 1_000_000), ("b", 1_000_000), ("c", 1_000_000), ("d", 1_000_000));

        var moved = Enumerable
            .Range(0, 1_000)
            .Select(number => new Placement(Near: $"room {number}"))
            .Count(near => before.Choose(random, near)!.Name != after.Choose(random, near)!.Name);

        moved.ShouldBeInRange(200, 300);
    }

    private string[] Place(NodeCatalog catalog, Placement wanted, int times)
    {
        return [.. Enumerable.Range(0, times).Select(_ => PlaceOne())];

        string PlaceOne()
        {
            var node = catalog.Choose(random, wanted)!;
            node.AddSession();
            return node.Name;
        }
    }

    private static NodeCatalog Catalog(params (string Name, int Capacity)[] nodes)
    {
        var catalog = new NodeCatalog(
            Options.Create<List<NodeOptions>>([
                .. nodes.Select(node => new NodeOptions
                {
                    Name = node.Name,
                    Capacity = node.Capacity,
                    Region = node.Name,
                    Labels = [$"in-{node.Name}"],
                    ListeningAddress = new("ws://127.0.0.1:1/ws"),
                    AmqpAddress = new("amqp://user:secret@127.0.0.1:2/%2f"),
                    ManagementAddress = new("http://user:secret@127.0.0.1:3/"),
                }),
            ]),
            TimeProvider.System
        );
        foreach (var node in catalog.Nodes)
        {
            (node.Responsive, node.EventsBound) = (true, true);
        }

        return catalog;
    }
}
