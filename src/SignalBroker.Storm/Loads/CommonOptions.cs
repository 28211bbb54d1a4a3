using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SignalBroker.Storm.Watching;

namespace SignalBroker.Storm.Loads;

/// <summary>The options that every load's command has.</summary>
internal sealed class CommonOptions
{
    private const int MaxClients = 1_000_000;
    private const int MaxAtOnce = 20_000;
    private const double HighestRate = 1_000_000;
    private const int HighestPort = 65_535;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private readonly Option<Uri[]> urls = new("--url")
    {
        Description = "a webapp's public address; may be repeated",
        Required = true,
        CustomParser = result => [.. result.Tokens.Select(token => ParseAddress(result, token.Value)).OfType<Uri>()],
    };

    private readonly Option<int> clients;
    private readonly Option<double?> connectRate = Number(
        "--connect-rate",
        "how many clients begin to connect per second"
    );
    private readonly Option<int> atOnce;
    private readonly Option<TimeSpan>? duration;
    private readonly Option<int?> workers = new("--workers")
    {
        Description = "worker processes; as many as the open-file limit asks for if left out",
    };

    private readonly Option<Watched[]> watch = new("--watch")
    {
        Description = "a process whose CPU and memory to show, children included; may be repeated",
        HelpName = "name=pid",
        CustomParser = result =>
            [.. result.Tokens.Select(token => ParseWatched(result, token.Value)).OfType<Watched>()],
    };

    private readonly Option<Uri[]> management = new("--management")
    {
        Description =
            "a node's management API, to ask for its memory: http://user:password@host:port/; may be repeated",
        CustomParser = result => [.. result.Tokens.Select(token => ParseAddress(result, token.Value)).OfType<Uri>()],
    };

    private readonly Option<string?> log = new("--log")
    {
        Description = "a file for each message that the clients receive (several workers append .0, .1, …)",
    };

    private readonly Option<string?> report = new("--report") { Description = "an HTML file to write the report to" };
    private readonly Option<string?> json = new("--json") { Description = "a JSON file to write the report to" };
    private readonly Option<int?> statusPort = new("--status-port")
    {
        Description = "answer GET /status and /live on this loopback port while it runs; 0 for any",
    };

    private readonly Option<bool> quiet = new("--quiet") { Description = "show nothing while it runs" };

    public CommonOptions(
        int clients = 100,
        int atOnce = 64,
        double? seconds = 30,
        string lasts = "how long it lasts once all listen"
    )
    {
        this.clients = Count("--clients", "how many users connect", clients, MaxClients);
        this.atOnce = Count("--at-once", "how many may be connecting at the same time", atOnce, MaxAtOnce);
        duration = seconds is { } usual ? Time("--duration", $"{lasts}, such as 30s, 5m or 8h", usual, Longest) : null;
    }

    /// <summary>An option for a whole number from 1 on.</summary>
    public static Option<int> Count(string name, string what, int usual, int most, int least = 1)
    {
        var option = new Option<int>(name) { Description = what, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Errors.Any())
            {
                return;
            }

            var value = result.GetValueOrDefault<int>();
            if (value < least || value > most)
            {
                result.AddError($"{name} takes a number from {least} to {most}, not {value}.");
            }
        });
        return option;
    }

    /// <summary>An option for a rate per second.</summary>
    public static Option<double?> Number(string name, string what)
    {
        var option = new Option<double?>(name) { Description = what };
        option.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<double?>() is <= 0 or > HighestRate)
            {
                result.AddError($"{name} takes a number above 0, up to {HighestRate:0}.");
            }
        });
        return option;
    }

    /// <summary>An option for a span of time.</summary>
    public static Option<TimeSpan> Time(string name, string what, double usualSeconds, TimeSpan longest) =>
        new(name)
        {
            Description = what,
            HelpName = "time",
            DefaultValueFactory = _ => TimeSpan.FromSeconds(usualSeconds),
            CustomParser = result => ParseTime(result, name, longest),
        };

    public void AddTo(Command command)
    {
        foreach (
            var option in (Option?[])
                [
                    urls,
                    clients,
                    connectRate,
                    atOnce,
                    duration,
                    workers,
                    watch,
                    management,
                    log,
                    report,
                    json,
                    statusPort,
                    quiet,
                ]
        )
        {
            if (option is not null)
            {
                command.Options.Add(option);
            }
        }
    }

    public LoadOptions Read(ParseResult arguments) =>
        new()
        {
            Urls = arguments.GetRequiredValue(urls),
            Clients = arguments.GetValue(clients),
            ConnectRate = arguments.GetValue(connectRate),
            AtOnce = arguments.GetValue(atOnce),
            Duration = duration is null ? default : arguments.GetValue(duration),
            Workers = arguments.GetValue(workers) is { } count ? Math.Clamp(count, 1, 200) : null,
            Watch = arguments.GetValue(watch) ?? [],
            Management = arguments.GetValue(management) ?? [],
            Log = arguments.GetValue(log),
            Report = arguments.GetValue(report),
            Json = arguments.GetValue(json),
            StatusPort = arguments.GetValue(statusPort) is { } port ? Math.Clamp(port, 0, HighestPort) : null,
            Quiet = arguments.GetValue(quiet),
        };

    private static Uri? ParseAddress(ArgumentResult result, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return address;
        }

        result.AddError($"'{text}' is no http or https address.");
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

        result.AddError($"--watch takes name=pid of a process that runs, not '{text}'.");
        return null;
    }

    private static TimeSpan ParseTime(ArgumentResult result, string name, TimeSpan longest)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var unit = text is [.., 's' or 'm' or 'h'] ? text[^1] : ' ';
        var number = unit == ' ' ? text : text[..^1];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            result.AddError($"{name} takes a time such as 30s, 5m or 8h, not '{text}'.");
            return default;
        }

        var seconds =
            value
            * (
                unit switch
                {
                    'h' => 3600,
                    'm' => 60,
                    _ => 1,
                }
            );
        if (seconds <= 0 || seconds > longest.TotalSeconds)
        {
            result.AddError($"{name} takes a time above 0, up to {longest.TotalHours:0.##}h, not '{text}'.");
            return default;
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
