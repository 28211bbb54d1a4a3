using System.Globalization;
using System.Net;
using SignalBroker.Containers.Tests.Harness;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Debian;

/// <summary>What deploy/debian/install makes of an empty Debian 12 machine, seen from another machine.</summary>
public sealed class InstallTests(Machine machine) : IClassFixture<Machine>, IAsyncLifetime
{
    private const int Ssh = 22;
    private const int Webapp = 8080;
    private const int Stomp = 15674;
    private const int Mqtt = 15675;
    private const int Turn = 3478;

    private Api Api => new($"http://{machine.Address}:{Webapp}/");

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(machine.Missing is not null, $"no machine can run here: {machine.Missing}");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Newer_programs_are_installed_by_sudo_while_somebody_listens_and_the_socket_stays()
    {
        await using var listener = await Listener.StartAsync(Api);
        var webapp = await machine.ProcessOfAsync("signalbroker");
        var node = await machine.ProcessOfAsync("rabbitmq-server");
        await machine.RunAsync("cp", "-r", Machine.Delivered, "/newer");
        await machine.RunAsync("sh", "-c", "date >/newer/LICENSE");

        await machine.InstallAsync("/newer", bySudo: true);

        (await machine.ProcessOfAsync("signalbroker")).ShouldNotBe(webapp);
        (await machine.ProcessOfAsync("rabbitmq-server")).ShouldBe(node);
        var sender = await Api.ConnectAsync();
        (
            await Api.ExchangeAsync(sender, new { to = listener.Session.UserId, content = "still there?" })
        ).Status.ShouldBe(HttpStatusCode.OK);
        (await listener.ReceiveAsync()).GetProperty("content").GetString().ShouldBe("still there?");
        listener.Closed.IsCompleted.ShouldBeFalse();
        // The process that went has ended by itself, in good order.
        (await machine.RunAsync("journalctl", "--unit=signalbroker", "--no-pager")).ShouldNotContain(
            "Main process exited"
        );
    }

    [Fact]
    public async Task With_nothing_new_nothing_is_started_again()
    {
        string[] services = ["signalbroker", "rabbitmq-server", "coturn"];
        await machine.InstallAsync(Machine.Delivered);
        var before = await Task.WhenAll(services.Select(machine.ProcessOfAsync));

        await machine.InstallAsync(Machine.Delivered);

        (await Task.WhenAll(services.Select(machine.ProcessOfAsync))).ShouldBe(before);
    }

    [Fact]
    public async Task The_webapp_may_do_little_more_than_speak_to_others()
    {
        var report = await machine.RunAsync("systemd-analyze", "security", "--no-pager", "signalbroker.service");

        var exposure = report.Split("Overall exposure level for signalbroker.service:")[1].TrimStart().Split(' ')[0];
        double.Parse(exposure, CultureInfo.InvariantCulture).ShouldBeLessThanOrEqualTo(2.5, report);
    }

    [Fact]
    public async Task From_outside_only_what_is_for_everybody_can_be_reached()
    {
        var (open, refused) = await machine.TryEveryPortAsync();

        // Debian 12's RabbitMQ does not listen by MQTT, and this machine has no SSH: the firewall lets both through.
        open.ShouldBe([Turn, Webapp, Stomp]);
        refused.ShouldBe([Ssh, Mqtt]);
    }

    [Fact]
    public async Task Only_root_reads_its_secrets_and_its_services_start_with_it()
    {
        (await machine.RunAsync("stat", "--format=%a %U", "/etc/signalbroker/secrets", "/etc/signalbroker/webapp.env"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ShouldAllBe(file => file == "600 root");
        (
            await machine.RunAsync(
                "systemctl",
                "is-enabled",
                "nftables",
                "postgresql",
                "rabbitmq-server",
                "coturn",
                "signalbroker"
            )
        )
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ShouldAllBe(state => state == "enabled");
    }
}
