using System.Diagnostics;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Failures;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Client;

/// <summary>The TypeScript client in Node.js: the package's own example of a chat.</summary>
public sealed class NodeClientTests(FailureCluster cluster) : FailureTests(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string Package = Path.Combine(Browser.FindRoot(), "src", "signalbroker-js");

    [Fact]
    public async Task Two_programs_send_and_receive_in_order_and_come_back_after_their_node_was_killed()
    {
        var (aliceId, bobId) = ($"alice-{Guid.NewGuid():N}", $"bob-{Guid.NewGuid():N}");
        await using var alice = await Chat.StartAsync(Cluster.Servers.Webapps[0], aliceId);
        await using var bob = await Chat.StartAsync(Cluster.Servers.Webapps[1], bobId);
        for (var number = 0; number < 20; number++)
        {
            await alice.SayAsync($"{bobId} number {number}");
        }

        for (var number = 0; number < 20; number++)
        {
            (await alice.NextAsync("> ")).ShouldBe("> queued");
            (await bob.NextAsync($"{aliceId}: ")).ShouldBe($"{aliceId}: number {number}");
        }

        var node = Cluster.Servers.Nodes.Single(node => node.ListeningAddress == bob.ListeningAddress);
        await node.KillAsync();

        (await bob.NextAsync("* reconnecting")).ShouldContain("The socket");
        await bob.ListensAsync();
        bob.ListeningAddress.ShouldNotBe(node.ListeningAddress);
        await bob.SayAsync($"{bobId} to myself");
        (await bob.NextAsync($"{bobId}: ")).ShouldBe($"{bobId}: to myself");

        await node.StartAsync(Token);
        await Eventually.HoldsAsync(async () =>
        {
            await alice.SayAsync($"{bobId} welcome back");
            (await alice.NextAsync("> ")).ShouldBe("> queued");
        });
        (await bob.NextAsync($"{aliceId}: ")).ShouldBe($"{aliceId}: welcome back");
    }

    [Theory]
    [InlineData("websocket", "http")]
    [InlineData("websocket", "socket")]
    [InlineData("sse", "http")]
    public async Task A_program_that_has_closed_its_client_ends_by_itself(string listen, string send)
    {
        const string program = """
            import { connect } from "signalbroker";
            import WebSocket from "ws";

            const [url, userId, listen, send] = process.argv.slice(1);
            const openSocket = (address, protocols) => new WebSocket(address, protocols);
            const me = await connect({ url, userId, listen, send, openSocket });
            const arrived = new Promise((resolve) => me.onSignal(({ content }) => resolve(content)));
            await me.send(userId, "to myself");
            console.log(await arrived);

            await me.close();
            const closedAt = performance.now();
            const left = () => process.getActiveResourcesInfo().filter((kind) => !["PipeWrap", "Immediate"].includes(kind));
            do {
              await new Promise(setImmediate);
            } while (left().some((kind) => /Socket|Connect/.test(kind)));
            console.log(`left: ${left()}`);
            process.on("exit", () => console.log(performance.now() - closedAt < 10_000 ? "in time" : "late"));
            """;
        var address = Cluster.Servers.Webapps[0].PublicAddress;
        var start = new ProcessStartInfo(
            "node",
            ["--input-type=module", "--eval", program, address, $"alice-{Guid.NewGuid():N}", listen, send]
        )
        {
            WorkingDirectory = Package,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var end = await process.StandardOutput.ReadToEndAsync(Token).WaitAsync(Patience, Token);

            end.ShouldBe("to myself\nleft: \nin time\n");
            await process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
            process.ExitCode.ShouldBe(0);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>The example program, as a user starts it.</summary>
    private sealed class Chat : IAsyncDisposable
    {
        private readonly Process process;

        private Chat(Process process) => this.process = process;

        /// <summary>The node that it listened on last.</summary>
        public string ListeningAddress { get; private set; } = "";

        public static async Task<Chat> StartAsync(Webapp webapp, string userId)
        {
            var start = new ProcessStartInfo("node", ["examples/chat.js", webapp.PublicAddress, userId])
            {
                WorkingDirectory = Package,
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            var chat = new Chat(Process.Start(start)!);
            await chat.ListensAsync();
            return chat;
        }

        public Task SayAsync(string line) => process.StandardInput.WriteLineAsync(line);

        public async Task ListensAsync() => ListeningAddress = (await NextAsync("* listening ")).Split(' ')[2];

        /// <summary>The next line that begins so; others are passed over.</summary>
        public async Task<string> NextAsync(string beginning)
        {
            while (true)
            {
                var line = await process.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(Patience, Token);
                line.ShouldNotBeNull("The program has ended.");
                if (line.StartsWith(beginning, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            process.StandardInput.Close();
            try
            {
                await process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience);
                process.ExitCode.ShouldBe(0);
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }

                process.Dispose();
            }
        }
    }
}
