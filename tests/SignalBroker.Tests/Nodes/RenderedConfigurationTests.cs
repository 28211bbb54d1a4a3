using System.Diagnostics;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Nodes;

/// <summary>A node's configuration has the keys that its RabbitMQ knows, and no others: with one of those it would not start.</summary>
public sealed class RenderedConfigurationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("signalbroker-").FullName;

    [Theory]
    [InlineData("3.9.29", false, false, false)]
    [InlineData("3.10.8", false, false, false)]
    [InlineData("3.12.2", true, false, false)]
    [InlineData("4.0.5", true, true, false)]
    [InlineData("4.3.0", true, true, true)]
    [InlineData("4.3.6", true, true, true)]
    [InlineData("4.10.0", true, true, true)]
    public async Task Only_what_the_version_knows_is_set(
        string version,
        bool boundsFrames,
        bool speaksMqtt,
        bool boundsStrangers
    )
    {
        await RenderAsync(version);

        var keys = await File.ReadAllLinesAsync(
            Path.Combine(folder, "rabbitmq.conf"),
            TestContext.Current.CancellationToken
        );
        keys.ShouldContain("consumer_timeout = 60000");
        keys.Contains("stomp.max_frame_size = 131072").ShouldBe(boundsFrames);
        keys.Contains("stomp.max_frame_size_unauthenticated = 8192").ShouldBe(boundsStrangers);
        keys.Contains("stomp.login_timeout = 10000").ShouldBe(boundsStrangers);
        keys.Contains("mqtt.max_packet_size_authenticated = 131072").ShouldBe(speaksMqtt);
        keys.Contains("mqtt.listeners.tcp.1 = 127.0.0.1:1883").ShouldBe(speaksMqtt);
        keys.Count(key => key.StartsWith("mqtt.message_interceptors.", StringComparison.Ordinal))
            .ShouldBe(boundsStrangers ? 1 : 0);
        (await ReadAsync("enabled_plugins"))
            .Contains("rabbitmq_web_mqtt", StringComparison.Ordinal)
            .ShouldBe(speaksMqtt);
        (await ReadAsync("advanced.config")).Contains("{port, 15675}", StringComparison.Ordinal).ShouldBe(speaksMqtt);
    }

    [Fact]
    public async Task The_node_starts_its_programs()
    {
        await RenderAsync("3.10.8");

        var start = await File.ReadAllTextAsync(
            Path.Combine(folder, "programs.start"),
            TestContext.Current.CancellationToken
        );
        start.ShouldContain($"\"{folder}/\"");
        foreach (var program in (string[])["session_access.erl", "socket_guard.erl"])
        {
            start.ShouldContain($"\"{program}\"");
            File.Exists(Path.Combine(folder, program)).ShouldBeTrue();
        }
    }

    private Task<string> ReadAsync(string file) =>
        File.ReadAllTextAsync(Path.Combine(folder, file), TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private async Task RenderAsync(string version)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "scripts", "render-node-conf"), [folder])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            Environment =
            {
                ["RABBITMQ_VERSION"] = version,
                ["NODE_NAME"] = "sb1",
                ["LISTENING_IP"] = "127.0.0.1",
                ["LISTENING_PORT"] = "15674",
                ["MQTT_PORT"] = "15675",
                ["MQTT_TCP_PORT"] = "1883",
                ["AMQP_IP"] = "127.0.0.1",
                ["AMQP_PORT"] = "5672",
                ["MANAGEMENT_IP"] = "127.0.0.1",
                ["MANAGEMENT_PORT"] = "15672",
                ["BROKER_ACCESS_ADDRESS"] = "http://127.0.0.1:8081",
                ["AMQP_USER"] = "signalbroker-webapp",
                ["AMQP_PASSWORD"] = "one",
                ["MANAGEMENT_USER"] = "signalbroker-management",
                ["MANAGEMENT_PASSWORD"] = "another",
            },
        };
        using var rendering = Process.Start(start)!;
        var errors = await rendering.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await rendering.WaitForExitAsync(TestContext.Current.CancellationToken);
        rendering.ExitCode.ShouldBe(0, errors);
    }
}
