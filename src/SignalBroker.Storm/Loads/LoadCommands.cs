using System.CommandLine;
using SignalBroker.Storm.CommandLine;
using SignalBroker.Storm.Pokes;

namespace SignalBroker.Storm.Loads;

/// <summary>The command of each load.</summary>
internal static class LoadCommands
{
    private const int MaxPokes = 10_000_000;
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

    public static Command Connect()
    {
        var command = new Command("connect", "Clients connect and listen: connects per second, memory per listener.");
        var common = CommonOptions.AddTo(command, clients: 1000, seconds: 5);
        return command.Runs(arguments => new ConnectLoad(common(arguments)));
    }

    public static Command Exchange()
    {
        var command = new Command(
            "exchange",
            "Clients send signals to each other: signals per second, latency, losses."
        );
        var rate = command.AddRate("--rate", "signals that are due per second", 500);
        var saturate = command.AddOption<bool>("--saturate", "as many signals as the senders manage");
        var burst = command.AddNumber("--burst", "how many signals are due at once", 1, 1, 100_000);
        var every = command.AddTime("--every", "the time between bursts", 5, MaxWait);
        var (senders, payload) = command.AddTraffic();
        var common = CommonOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            Option[] ways = [rate, saturate, burst];
            if (ways.Count(way => result.GetResult(way) is { Implicit: false }) > 1)
            {
                result.AddError("Only one of --rate, --saturate and --burst can be given.");
            }
        });
        return command.Runs(arguments =>
        {
            var together = arguments.GetValue(burst);
            return new ExchangeLoad(
                common(arguments),
                new()
                {
                    Rate =
                        arguments.GetValue(saturate) ? null
                        : together > 1 ? together / arguments.GetValue(every).TotalSeconds
                        : arguments.GetValue(rate),
                    Burst = together,
                    Senders = arguments.GetValue(senders),
                    Payload = arguments.GetValue(payload),
                }
            );
        });
    }

    public static Command Churn()
    {
        var command = new Command("churn", "Clients come, listen for a while, leave and come back.");
        var stay = command.AddTime("--stay", "how long a client stays, on average", 5, MaxWait);
        var away = command.AddTime("--away", "how long it is away, on average", 1, MaxWait);
        var common = CommonOptions.AddTo(command);
        return command.Runs(arguments => new ChurnLoad(
            common(arguments),
            arguments.GetValue(stay),
            arguments.GetValue(away)
        ));
    }

    public static Command Reconnect()
    {
        var command = new Command("reconnect", "Cuts all sockets of one node at once: time until all listen again.");
        var node = command.AddOption<string?>(
            "--node",
            "the listening address of the node; the one with the most listeners if left out"
        );
        var times = command.AddNumber("--times", "how often", 1, 1, 1000);
        const string Lasts = "how long all listen before each cut, and after the last one";
        var common = CommonOptions.AddTo(command, clients: 1000, atOnce: 256, seconds: 2, Lasts);
        return command.Runs(arguments => new ReconnectLoad(
            common(arguments),
            arguments.GetValue(node),
            arguments.GetValue(times)
        ));
    }

    public static Command Soak()
    {
        var command = new Command("soak", "A steady mix for a long time: what grows?");
        var rate = command.AddRate("--rate", "signals that are due per second", 100);
        var (senders, payload) = command.AddTraffic();
        var common = CommonOptions.AddTo(command, seconds: 3600);
        return command.Runs(arguments => new SoakLoad(
            common(arguments),
            new()
            {
                Rate = arguments.GetValue(rate),
                Senders = arguments.GetValue(senders),
                Payload = arguments.GetValue(payload),
            }
        ));
    }

    public static Command Poke()
    {
        var command = new Command(
            "poke",
            "MessageStorm: a controller pokes clients, they poke back, and trees of pokes grow."
        );
        var type = command.AddOption(
            new Option<PokeKind>("--type")
            {
                Description = "unicast, broadcast or tree",
                DefaultValueFactory = _ => PokeKind.Tree,
            }
        );
        var leaves = command.AddNumber("--leaves", "the leaves of each tree: a power of two", 64, 1, 65_536);
        var trees = command.AddNumber("--trees", "how many trees grow", 100, 1, MaxPokes);
        var atOnce = command.AddNumber("--trees-at-once", "how many of them at the same time", 10, 1, 1000);
        var pokes = command.AddNumber("--pokes", "how many unicast pokes are sent", 1000, 1, MaxPokes);
        var broadcasts = command.AddNumber("--broadcasts", "how many broadcasts are made", 10, 1, MaxPokes);
        var deadline = command.AddTime("--deadline", "how long a tree may take", 30, MaxWait);
        var common = CommonOptions.AddTo(command, seconds: null);
        return command.Runs(arguments =>
        {
            var kind = arguments.GetValue(type);
            var count = kind switch
            {
                PokeKind.Unicast => pokes,
                PokeKind.Broadcast => broadcasts,
                _ => trees,
            };
            return new PokeLoad(
                common(arguments),
                new()
                {
                    Kind = kind,
                    Leaves = arguments.GetValue(leaves),
                    Count = arguments.GetValue(count),
                    AtOnce = arguments.GetValue(atOnce),
                    Deadline = arguments.GetValue(deadline),
                }
            );
        });
    }

    extension(Command command)
    {
        private (Option<int> Senders, Option<int> Payload) AddTraffic() =>
            (
                command.AddNumber("--senders", "how many clients send, each one signal at a time", 64, 1, 10_000),
                command.AddNumber("--payload", "bytes of content", 1500, Workers.SignalText.Shortest, 60_000)
            );

        private Command Runs(Func<ParseResult, Load> load)
        {
            command.SetAction((arguments, _) => Runner.RunAsync([load(arguments)]));
            return command;
        }
    }
}
