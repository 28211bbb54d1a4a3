using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;

namespace SignalBroker.Moderation;

/// <summary><c>SignalBroker sessions …</c>, <c>users …</c> and <c>audit</c>: what an operator does with people, by the internal port of a running webapp.</summary>
internal static class ModerationCommands
{
    public const string Sessions = "sessions";
    public const string Users = "users";
    public const string Audit = "audit";

    private static readonly Option<string?> Reason = new("--reason")
    {
        Description = "Why: the clients are told, and the audit log keeps it",
    };

    private static readonly Argument<string> User = new("user") { Description = "The user's id" };

    /// <summary>Does what the arguments say; returns the process's exit code.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("SignalBroker") { AdminCall.Server };
        root.Subcommands.Add(new Command(Sessions, "Ends sessions while the webapps run") { End() });
        root.Subcommands.Add(
            new Command(Users, "Keeps users out, lets them in again, and erases them")
            {
                Block(),
                Unblock(),
                Blocked(),
                Erase(),
            }
        );
        root.Subcommands.Add(ShowAudit());
        return root.Parse(args).InvokeAsync();
    }

    private static Command End()
    {
        var session = Target("--session", "One session, by its listening key");
        var user = Target("--user", "All sessions of a user");
        var address = Target("--address", "All sessions from an IP address, or from a network such as 192.0.2.0/24");
        var node = Target("--node", "All sessions on a node");
        var end = new Command("end", "Ends sessions, and closes their sockets")
        {
            session,
            user,
            address,
            node,
            Reason,
        };
        end.SetAction(
            (parsed, token) =>
            {
                var wanted = new EndRequest(
                    parsed.GetValue(session),
                    parsed.GetValue(user),
                    parsed.GetValue(address),
                    parsed.GetValue(node),
                    parsed.GetValue(Reason)
                );
                return AdminCall.ShowAsync(
                    parsed,
                    HttpMethod.Post,
                    "sessions/end",
                    JsonContent.Create(wanted, ModerationJson.Default.EndRequest),
                    ModerationJson.Default.EndAnswer,
                    (answer, output) => output.WriteLine($"{answer.Ended} sessions have ended"),
                    token
                );
            }
        );
        return end;

        static Option<string?> Target(string name, string description) => new(name) { Description = description };
    }

    private static Command Block()
    {
        var until = new Option<DateTimeOffset?>("--until") { Description = "Until when, such as 2030-12-31T00:00:00Z" };
        var lasts = new Option<TimeSpan?>("--for") { Description = "For how long, such as 7.00:00:00 for a week" };
        var block = new Command("block", "Ends a user's sessions, and lets it open none until a time")
        {
            User,
            until,
            lasts,
            Reason,
        };
        block.Validators.Add(result =>
        {
            if (result.GetValue(until) is null == result.GetValue(lasts) is null)
            {
                result.AddError("Say either --until or --for.");
            }
        });
        block.SetAction(
            (parsed, token) =>
            {
                var end = parsed.GetValue(until) ?? TimeProvider.System.GetUtcNow() + parsed.GetValue(lasts)!.Value;
                var wanted = new BlockRequest(parsed.GetValue(User), end, parsed.GetValue(Reason));
                return AdminCall.ShowAsync(
                    parsed,
                    HttpMethod.Put,
                    "blocks",
                    JsonContent.Create(wanted, ModerationJson.Default.BlockRequest),
                    ModerationJson.Default.BlockAnswer,
                    (done, output) =>
                        output.WriteLine(
                            $"{done.UserId} is blocked until {Show(done.Until)}; {done.Ended} sessions have ended"
                        ),
                    token
                );
            }
        );
        return block;
    }

    private static Command Unblock()
    {
        var unblock = new Command("unblock", "Lets a user connect again") { User };
        unblock.SetAction(
            (parsed, token) =>
                AdminCall.DoAsync(
                    parsed,
                    HttpMethod.Delete,
                    $"blocks?userId={Uri.EscapeDataString(parsed.GetValue(User)!)}",
                    $"{parsed.GetValue(User)} may connect again",
                    token
                )
        );
        return unblock;
    }

    private static Command Erase()
    {
        var erase = new Command("erase", "Ends a user's sessions, and erases what is kept about it") { User };
        erase.SetAction(
            (parsed, token) =>
                AdminCall.ShowAsync(
                    parsed,
                    HttpMethod.Delete,
                    $"users?userId={Uri.EscapeDataString(parsed.GetValue(User)!)}",
                    null,
                    ModerationJson.Default.EraseAnswer,
                    (done, output) => output.WriteLine($"{done.UserId} is erased; {done.Ended} sessions have ended"),
                    token
                )
        );
        return erase;
    }

    private static Command Blocked()
    {
        var blocked = new Command("blocked", "Lists the users who may not connect");
        blocked.SetAction(
            async (parsed, token) =>
            {
                for (string? after = ""; after is not null; )
                {
                    var page = await AdminCall.AskAsync(
                        parsed,
                        HttpMethod.Get,
                        $"blocks?limit={ModerationEndpoints.Most}&after={Uri.EscapeDataString(after)}",
                        null,
                        ModerationJson.Default.BlocksAnswer,
                        token
                    );
                    if (page is null)
                    {
                        return 1;
                    }

                    foreach (var block in page.Blocks)
                    {
                        await parsed.InvocationConfiguration.Output.WriteLineAsync(
                            $"{block.UserId} until {Show(block.Until)}, by {block.By}{Because(block.Reason)}"
                        );
                    }

                    after = page.Next;
                }

                return 0;
            }
        );
        return blocked;
    }

    private static Command ShowAudit()
    {
        var limit = new Option<int>("--limit") { Description = "How many acts", DefaultValueFactory = _ => 20 };
        var audit = new Command(Audit, "Lists what operators and backends did to sessions and users, the newest first")
        {
            limit,
        };
        audit.SetAction(
            (parsed, token) =>
                AdminCall.ShowAsync(
                    parsed,
                    HttpMethod.Get,
                    $"audit?limit={parsed.GetValue(limit)}",
                    null,
                    ModerationJson.Default.IReadOnlyListAuditEntry,
                    (acts, output) =>
                    {
                        foreach (var act in acts)
                        {
                            output.WriteLine(Describe(act));
                        }
                    },
                    token
                )
        );
        return audit;
    }

    private static string Describe(AuditEntry act)
    {
        var what = $"{act.Act} {act.TargetKind}".ToLowerInvariant();
        var until = act.Until is { } end ? $" until {Show(end)}" : "";
        return $"{Show(act.At)} {act.By} ({act.Address}): {what} {act.Target}{until}, {act.Sessions} sessions{Because(act.Reason)}";
    }

    private static string Because(string? reason) => reason is null ? "" : $": {reason}";

    private static string Show(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
