using System.CommandLine;
using SignalBroker.Storm.Pokes;

namespace SignalBroker.Storm.Loads;

/// <summary>The command of each load.</summary>
internal static class LoadCommands
{
    private const int MaxSenders = 10_000;
    private const int LargestPayload = 60_000;
    private const int LargestBurst = 100_000;
    private const int MaxLeaves = 65_536;
    private const int MaxPokes = 10_000_000;
    private const int SmallestPayload = Workers.SignalText.Shortest;
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    public static Command Connect()
    {
        var common = new CommonOptions(clients: 1000, seconds: 5);
        return Of(
            "connect",
            "Clients connect and listen: connects per second, memory per listener.",
            common,
            [],
            arguments => new ConnectLoad(common.Read(arguments))
        );
    }

    public static Command Exchange()
    {
        var common = new CommonOptions();
        var rate = CommonOptions.Number("--rate", "signals that are due per second (500 if left out)");
        var saturate = new Option<bool>("--saturate") { Description = "as many signals as the senders manage" };
        var burst = CommonOptions.Count("--burst", "how many signals are due at once", 1, LargestBurst);
        var every = CommonOptions.Time("--every", "the time between bursts", 5, MaxWait);
        var senders = Senders();
        var payload = Payload();
        var command = Of(
            "exchange",
            "Clients send signals to each other: signals per second, latency, losses.",
            common,
            [rate, saturate, burst, every, senders, payload],
            arguments =>
            {
                var together = arguments.GetValue(burst);
                return new ExchangeLoad(
                    common.Read(arguments),
                    new()
                    {
                        Rate =
                            arguments.GetValue(saturate) ? null
                            : together > 1 ? together / arguments.GetValue(every).TotalSeconds
                            : arguments.GetValue(rate) ?? 500,
                        Burst = together,
                        Senders = arguments.GetValue(senders),
                        Payload = arguments.GetValue(payload),
                    }
                );
            }
        );
        command.Validators.Add(result =>
        {
            var ways = new[]
            {
                result.GetValue(rate) is not null,
                result.GetValue(saturate),
                result.GetResult(burst) is { Implicit: false },
            };
            if (ways.Count(way => way) > 1)
            {
                result.AddError("Only one of --rate, --saturate and --burst can be given.");
            }
        });
        return command;
    }

    public static Command Churn()
    {
        var common = new CommonOptions();
        var stay = CommonOptions.Time("--stay", "how long a client stays, on average", 5, MaxWait);
        var away = CommonOptions.Time("--away", "how long it is away, on average", 1, MaxWait);
        return Of(
            "churn",
            "Clients come, listen for a while, leave and come back.",
            common,
            [stay, away],
            arguments => new ChurnLoad(common.Read(arguments), arguments.GetValue(stay), arguments.GetValue(away))
        );
    }

    public static Command Reconnect()
    {
        var common = new CommonOptions(
            clients: 1000,
            atOnce: 256,
            seconds: 2,
            lasts: "how long all listen before each cut, and after the last one"
        );
        var node = new Option<string?>("--node")
        {
            Description = "the listening address of the node; the one with the most listeners if left out",
        };
        var times = CommonOptions.Count("--times", "how often", 1, 1000);
        return Of(
            "reconnect",
            "Cuts all sockets of one node at once: time until all listen again.",
            common,
            [node, times],
            arguments => new ReconnectLoad(common.Read(arguments), arguments.GetValue(node), arguments.GetValue(times))
        );
    }

    public static Command Soak()
    {
        var common = new CommonOptions(seconds: 3600);
        var rate = CommonOptions.Number("--rate", "signals that are due per second (100 if left out)");
        var senders = Senders();
        var payload = Payload();
        return Of(
            "soak",
            "A steady mix for a long time: what grows?",
            common,
            [rate, senders, payload],
            arguments => new SoakLoad(
                common.Read(arguments),
                new()
                {
                    Rate = arguments.GetValue(rate) ?? 100,
                    Senders = arguments.GetValue(senders),
                    Payload = arguments.GetValue(payload),
                }
            )
        );
    }

    public static Command Poke()
    {
        var common = new CommonOptions(seconds: null);
        var type = new Option<PokeKind>("--type")
        {
            Description = "unicast, broadcast or tree",
            DefaultValueFactory = _ => PokeKind.Tree,
        };
        var leaves = CommonOptions.Count("--leaves", "the leaves of each tree: a power of two", 64, MaxLeaves);
        var trees = CommonOptions.Count("--trees", "how many trees grow", 100, MaxPokes);
        var treesAtOnce = CommonOptions.Count("--trees-at-once", "how many of them at the same time", 10, 1000);
        var pokes = CommonOptions.Count("--pokes", "how many unicast pokes are sent", 1000, MaxPokes);
        var broadcasts = CommonOptions.Count("--broadcasts", "how many broadcasts are made", 10, MaxPokes);
        var deadline = CommonOptions.Time("--deadline", "how long a tree may take", 30, MaxWait);
        return Of(
            "poke",
            "MessageStorm: a controller pokes clients, they poke back, and trees of pokes grow.",
            common,
            [type, leaves, trees, treesAtOnce, pokes, broadcasts, deadline],
            arguments =>
            {
                var kind = arguments.GetValue(type);
                return new PokeLoad(
                    common.Read(arguments),
                    new()
                    {
                        Kind = kind,
                        Leaves = arguments.GetValue(leaves),
                        Count = arguments.GetValue(
                            kind switch
                            {
                                PokeKind.Unicast => pokes,
                                PokeKind.Broadcast => broadcasts,
                                _ => trees,
                            }
                        ),
                        AtOnce = arguments.GetValue(treesAtOnce),
                        Deadline = arguments.GetValue(deadline),
                    }
                );
            }
        );
    }

    private static Option<int> Senders() =>
        CommonOptions.Count("--senders", "how many clients send, each one signal at a time", 64, MaxSenders);

    private static Option<int> Payload() =>
        CommonOptions.Count("--payload", "bytes of content", 1500, LargestPayload, SmallestPayload);

    private static Command Of(
        string name,
        string what,
        CommonOptions common,
        Option[] own,
        Func<ParseResult, Load> load
    )
    {
        var command = new Command(name, what);
        foreach (var option in own)
        {
            command.Options.Add(option);
        }

        common.AddTo(command);
        command.SetAction((arguments, _) => Runner.RunAsync([load(arguments)]));
        return command;
    }
}
