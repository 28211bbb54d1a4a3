using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.CommandLine;
using SignalBroker.Storm.Watching;

namespace SignalBroker.Storm.Loads;

/// <summary>The options that every load's command has.</summary>
internal static class CommonOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>Adds them to a command; returns what reads them.</summary>
    /// <param name="seconds">How long the load lasts if nothing is said; null for one that ends by itself.</param>
    /// <param name="lasts">What the duration is.</param>
    public static Func<ParseResult, LoadOptions> AddTo(
        Command command,
        int clients = 100,
        int atOnce = 64,
        double? seconds = 30,
        string lasts = "how long it lasts once all listen"
    )
    {
        var urls = command.AddOption(
            new Option<Uri[]>("--url")
            {
                Description = "a webapp's public address; may be repeated",
                Required = true,
                CustomParser = result => ParseEach(result, ParseAddress),
            }
        );
        var count = command.AddNumber("--clients", "how many users connect", clients, 1, 1_000_000);
        var connectRate = command.AddRate("--connect-rate", "how many clients begin to connect per second", null);
        var limit = command.AddNumber("--at-once", "how many may be connecting at the same time", atOnce, 1, 20_000);
        var protocol = command.AddOption(
            new Option<ListenerProtocol?>("--protocol")
            {
                Description = "what the clients listen by; MQTT where it is offered and STOMP elsewhere if left out",
                HelpName = "mqtt|stomp|sse",
                CustomParser = ParseProtocol,
            }
        );
        var duration = seconds is { } usual
            ? command.AddTime("--duration", $"{lasts}, such as 30s, 5m or 8h", usual, Longest)
            : null;
        var workers = command.AddOption<int?>(
            "--workers",
            "worker processes; as many as the open-file limit asks for if left out"
        );
        var watch = command.AddOption(
            new Option<Watched[]>("--watch")
            {
                Description = "a process whose CPU and memory to show, children included; may be repeated",
                HelpName = "name=pid",
                CustomParser = result => ParseEach(result, ParseWatched),
            }
        );
        var management = command.AddOption(
            new Option<Uri[]>("--management")
            {
                Description =
                    "a node's management API, to ask for its memory: http://user:password@host:port/; may be repeated",
                CustomParser = result => ParseEach(result, ParseAddress),
            }
        );
        var log = command.AddOption<string?>(
            "--log",
            "a file for each message that the clients receive (several workers append .0, .1, …)"
        );
        var report = command.AddOption<string?>("--report", "an HTML file to write the report to");
        var json = command.AddOption<string?>("--json", "a JSON file to write the report to");
        var statusPort = command.AddOption<int?>(
            "--status-port",
            "answer GET /status and /live on this loopback port while it runs; 0 for any"
        );
        var quiet = command.AddOption<bool>("--quiet", "show nothing while it runs");
        return arguments =>
            new()
            {
                Urls = arguments.GetRequiredValue(urls),
                Clients = arguments.GetValue(count),
                ConnectRate = arguments.GetResult(connectRate) is null ? null : arguments.GetValue(connectRate),
                AtOnce = arguments.GetValue(limit),
                Protocol = arguments.GetValue(protocol),
                Duration = duration is null ? default : arguments.GetValue(duration),
                Workers = arguments.GetValue(workers) is { } number ? Math.Clamp(number, 1, 200) : null,
                Watch = arguments.GetValue(watch) ?? [],
                Management = arguments.GetValue(management) ?? [],
                Log = arguments.GetValue(log),
                Report = arguments.GetValue(report),
                Json = arguments.GetValue(json),
                StatusPort = arguments.GetValue(statusPort) is { } port ? Math.Clamp(port, 0, ushort.MaxValue) : null,
                Quiet = arguments.GetValue(quiet),
            };
    }

    private static T[] ParseEach<T>(ArgumentResult result, Func<ArgumentResult, string, T?> parse)
        where T : class => [.. result.Tokens.Select(token => parse(result, token.Value)).OfType<T>()];

    private static Uri? ParseAddress(ArgumentResult result, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        result.AddError($"'{text}' is not an http or https address.");
        return null;
    }

    private static ListenerProtocol? ParseProtocol(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        foreach (var protocol in Enum.GetValues<ListenerProtocol>())
        {
            if (protocol.Word == text)
            {
                return protocol;
            }
        }

        result.AddError($"--protocol takes mqtt, stomp or sse, not '{text}'.");
        return null;
    }

    private static Watched? ParseWatched(ArgumentResult result, string text)
    {
        if (
            text.Split('=', 2) is [{ Length: > 0 } name, var number]
            && int.TryParse(number, CultureInfo.InvariantCulture, out var id)
            && ProcessTimes.Read(id) is not null
        )
        {
            return new(name, id);
        }

        result.AddError($"--watch takes name=pid of a running process, not '{text}'.");
        return null;
    }
}
