using System.Diagnostics;
using System.Text.RegularExpressions;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Mqtt;

/// <summary>Programs for Node.js that listen by MQTT: with the TypeScript client, and with a library for MQTT alone.</summary>
public sealed partial class MqttProgramTests(TestCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http")]
    [InlineData("socket")]
    public async Task A_program_that_has_closed_its_client_ends_by_itself(string send)
    {
        const string Program = """
            import { connect } from "signalbroker";
            import WebSocket from "ws";

            const [url, send] = process.argv.slice(1);
            const openSocket = (address, protocols) => new WebSocket(address, protocols);
            const me = await connect({ url, send, openSocket });
            const arrived = new Promise((resolve) => me.onSignal(({ content }) => resolve(content)));
            await me.send(me.userId, "to myself");
            console.log(`${await arrived} by ${me.state.protocol}`);

            await me.close();
            const closedAt = performance.now();
            process.on("exit", () => console.log(performance.now() - closedAt < 4000 ? "in time" : "late"));
            """;
        using var program = Start(Program, cluster.Api.Address.ToString(), send);

        (await program.StandardOutput.ReadToEndAsync(Token).WaitAsync(Patience, Token)).ShouldBe(
            "to myself by mqtt\nin time\n"
        );
    }

    /// <summary>What docs/reference/wire-format.md tells people to write.</summary>
    [Fact]
    public async Task The_pages_lines_listen_and_send_as_they_are()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(Browser.FindRoot(), "docs", "reference", "wire-format.md"),
            Token
        );
        var script = Scripts().Matches(page).ShouldHaveSingleItem().Groups["script"].Value;
        await using var alice = await Listener.StartAsync(cluster.Api, "alice");
        using var bob = Start($"const url = '{cluster.Api.Address.GetLeftPart(UriPartial.Authority)}';\n{script}");
        try
        {
            var signal = await alice.ReceiveAsync();
            signal.GetProperty("content").GetString().ShouldBe("hello");
            signal.GetProperty("from").GetString().ShouldBe("bob");
            var outcome = await bob.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(Patience, Token);
            outcome.ShouldNotBeNull();
        }
        finally
        {
            bob.Kill();
        }
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo("node", ["--input-type=module", "--eval", program, .. arguments])
            {
                WorkingDirectory = Path.Combine(Browser.FindRoot(), "src", "signalbroker-js"),
                UseShellExecute = false,
                RedirectStandardOutput = true,
            }
        )!;

    [GeneratedRegex("```js\n(?<script>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Scripts();
}
