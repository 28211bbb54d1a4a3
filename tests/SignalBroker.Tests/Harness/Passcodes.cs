using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>Every passcode that a webapp has handed out to a test, none of which may show up anywhere else.</summary>
public static class Passcodes
{
    // Long enough to be no accident, short enough to be found in a text that breaks its lines.
    private const int Part = 16;

    private static readonly ConcurrentBag<ConnectedSession> Known = [];

    /// <summary>Remembers a session's passcode, unless it is also the session's public name, as the original project had it.</summary>
    public static void Remember(ConnectedSession session)
    {
        if (session.Passcode != session.ListeningKey)
        {
            Known.Add(session);
        }
    }

    /// <summary>Fails where a passcode shows up in what the servers have logged, or in what they tell of themselves.</summary>
    public static async Task ExpectNoLeakAsync(Cluster servers) => (await FindLeaksAsync(servers)).ShouldBeEmpty();

    /// <summary>The places where a passcode shows up, with what comes before it.</summary>
    public static async Task<IReadOnlyList<string>> FindLeaksAsync(Cluster servers)
    {
        var needles = SearchValues.Create([.. Known.SelectMany(NeedlesOf).Distinct()], StringComparison.Ordinal);
        var leaks = new List<string>();
        foreach (var (place, text) in await CollectAsync(servers))
        {
            if (text.AsSpan().IndexOfAny(needles) is var found and >= 0)
            {
                leaks.Add($"{place}: …{text[Math.Max(0, found - 200)..found]}");
            }
        }

        return leaks;
    }

    private static IEnumerable<string> NeedlesOf(ConnectedSession session)
    {
        var pair = session.Authorization.Parameter!.TrimEnd('=');
        return [session.Passcode[..Part], session.Passcode[^Part..], pair[^(2 * Part)..^Part], pair[^Part..]];
    }

    private static async Task<IReadOnlyList<(string Place, string Text)>> CollectAsync(Cluster servers)
    {
        var logs = Directory.GetFiles(servers.LogFolder, "*.log", SearchOption.AllDirectories);
        logs.ShouldNotBeEmpty();
        var nodes = servers.Nodes.Where(node => node.IsRunning).Select(ListAsync);
        var webapps = servers.Webapps.Where(webapp => webapp.IsRunning).Select(ReadAsync);
        var told = await Task.WhenAll([.. nodes, .. webapps]);
        return [.. told.SelectMany(texts => texts), .. logs.Select(file => (file, ReadLog(file)))];
    }

    // Servers that are running write on while their log is read.
    private static string ReadLog(string file)
    {
        using var log = new StreamReader(
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        );
        return log.ReadToEnd();
    }

    // The report lists connections, channels, queues, exchanges, bindings and policies.
    private static async Task<IReadOnlyList<(string Place, string Text)>> ListAsync(Node node) =>
        [
            ($"rabbitmqctl report of {node.Name}", await node.RunCtlAsync("report")),
            ($"rabbitmqctl list_consumers of {node.Name}", await node.RunCtlAsync("list_consumers")),
        ];

    private static async Task<IReadOnlyList<(string Place, string Text)>> ReadAsync(Webapp webapp)
    {
        var texts = new List<(string, string)>();
        foreach (var path in new[] { "/admin/nodes", "/admin/strange-behaviors?limit=1000" })
        {
            var answer = await new Api(webapp.InternalAddress).GetAsync(path);
            answer.Status.ShouldBe(HttpStatusCode.OK, $"{path} of {webapp.Name}");
            texts.Add(($"{path} of {webapp.Name}", answer.Body));
        }

        return texts;
    }
}
