using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using SignalBroker.Hosting;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;
using SignalBroker.Tests.Rooms;

namespace SignalBroker.Tests.Operations;

/// <summary>docs/operations/logs.md explains each warning and error, and logs can be had as JSON.</summary>
public sealed partial class LogsTests(TestCluster cluster)
{
    private const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    [Fact]
    public async Task The_documentation_has_each_warning_and_error_and_no_other()
    {
        const BindingFlags All =
            BindingFlags.Public
            | BindingFlags.NonPublic
            | BindingFlags.Instance
            | BindingFlags.Static
            | BindingFlags.DeclaredOnly;
        var page = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "docs", "operations", "logs.md"),
            TestContext.Current.CancellationToken
        );

        var logged = typeof(Startup)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(All))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Where(message => message.Level >= LogLevel.Warning)
            .Select(message => (message.Message, message.Level.ToString()))
            .ToArray();
        var explained = Row()
            .Matches(page)
            .Select(row => (row.Groups["message"].Value, row.Groups["level"].Value))
            .ToArray();

        logged.Length.ShouldBeGreaterThan(30);
        explained.ShouldBe(logged, ignoreOrder: true);
    }

    [Fact]
    public async Task Each_entry_is_a_line_of_JSON_if_that_is_wanted()
    {
        var webapp = await cluster.Servers.AddWebappAsync(
            new Dictionary<string, string>(TestCluster.Settings)
            {
                ["Logging:Console:FormatterName"] = "json",
                ["Logging:Console:FormatterOptions:TimestampFormat"] = TimestampFormat,
            },
            TestContext.Current.CancellationToken
        );
        try
        {
            await webapp.NodesReadyAsync();
            await Eventually.HoldsAsync(async () =>
                (await ReadAsync(webapp)).ShouldContain(entry =>
                    entry.GetProperty("State").Text("{OriginalFormat}") == "Consuming the events of node {Node}"
                    && entry.GetProperty("State").Text("Node") == cluster.Servers.Nodes[0].Name
                    && entry.Text("LogLevel") == "Information"
                    && entry.Text("Category") == "SignalBroker.BrokerEvents.NodeEvents"
                )
            );
        }
        finally
        {
            await cluster.Servers.RemoveWebappAsync(webapp);
        }

        var entries = await ReadAsync(webapp);
        entries.ShouldContain(entry => entry.Text("Message") == "Application is shutting down...");
        entries.ShouldAllBe(entry => IsTime(entry.Text("Timestamp")));
    }

    private static bool IsTime(string? text) =>
        DateTimeOffset.TryParseExact(text, TimestampFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    // A line that is being written has no end yet.
    private static async Task<IReadOnlyList<JsonElement>> ReadAsync(Webapp webapp)
    {
        await using var file = new FileStream(
            webapp.LogFile,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        using var reader = new StreamReader(file);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        return
        [
            .. text[..(text.LastIndexOf('\n') + 1)]
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonElement.Parse(line)),
        ];
    }

    [GeneratedRegex(
        @"^\| `(?<message>[^`]+)` \| (?<level>Warning|Error|Critical) \| [^|]{10,} \| [^|]{5,} \|$",
        RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Row();
}
