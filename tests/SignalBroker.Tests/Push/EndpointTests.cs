using System.Net;
using Microsoft.Extensions.Options;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Push;

/// <summary>Users name the addresses that are pushed to, so not every address will do.</summary>
public sealed class EndpointTests(TestCluster cluster)
{
    [Theory]
    [InlineData("https://fcm.googleapis.com/fcm/send/abc", true)]
    [InlineData("https://FCM.googleapis.com:443/fcm/send/abc", true)]
    [InlineData("https://updates.push.services.mozilla.com/wpush/v2/abc", true)]
    [InlineData("https://web.push.apple.com/abc", true)]
    [InlineData("https://wns2-db3p.notify.windows.com/w/?token=abc", true)]
    [InlineData("http://fcm.googleapis.com/fcm/send/abc", false)]
    [InlineData("https://fcm.googleapis.com:8443/fcm/send/abc", false)]
    [InlineData("https://user:password@fcm.googleapis.com/fcm/send/abc", false)]
    [InlineData("https://fcm.googleapis.com.evil.example/fcm/send/abc", false)]
    [InlineData("https://evilpush.apple.com/abc", false)]
    [InlineData("https://push.example.net/abc", false)]
    [InlineData("https://127.0.0.1/abc", false)]
    [InlineData("//fcm.googleapis.com/abc", false)]
    [InlineData("file:///etc/passwd", false)]
    public void By_default_only_the_known_push_services_are_allowed(string endpoint, bool isAllowed)
    {
        Endpoint.TryRead(endpoint, new PushOptions(), out _).ShouldBe(isAllowed);
    }

    [Theory]
    [InlineData("https://push.example.net/abc", true)]
    [InlineData("https://localhost/abc", true)]
    [InlineData("https://192.0.43.8/abc", false)]
    [InlineData("https://[2606:4700::1]/abc", false)]
    [InlineData("https://0x7f.1/abc", false)]
    [InlineData("https://2130706433/abc", false)]
    public void Where_all_hosts_are_allowed_they_must_still_be_names(string endpoint, bool isAllowed)
    {
        Endpoint.TryRead(endpoint, new PushOptions { AllowedHosts = ["*"] }, out _).ShouldBe(isAllowed);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("192.0.43.8", true)]
    [InlineData("2606:4700::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("2001:0:a00:1::", false)]
    [InlineData("ff02::1", false)]
    public void Private_addresses_are_told_from_public_ones(string address, bool isPublic)
    {
        PublicAddress.Is(IPAddress.Parse(address)).ShouldBe(isPublic);
    }

    [Fact]
    public async Task A_name_that_resolves_to_this_machine_is_not_connected_to()
    {
        var options = Options.Create(new PushOptions { AllowedHosts = ["*"], Subject = "mailto:a@signal.example" });
        using var services = new PushServices(new(VapidKey.Create()), options, TimeProvider.System);
        using var subscriber = new Subscriber(new Uri("https://localhost/abc"));
        Endpoint.TryRead("https://localhost/abc", options.Value, out var endpoint).ShouldBeTrue();

        (await services.PushAsync(endpoint!, subscriber.Keys, [1], TimeSpan.FromMinutes(1))).ShouldBe(
            new PushAnswer.Refused("it has a private address")
        );
    }

    [Fact]
    public async Task A_webapp_without_a_key_pushes_nothing_and_says_so()
    {
        var session = await cluster.Api.ConnectAsync();
        using var subscriber = new Subscriber(new Uri("https://fcm.googleapis.com/fcm/send/abc"));

        var key = await cluster.Api.GetAsync("/push/key");
        var put = await cluster.Api.PutSubscriptionAsync(session, subscriber.ToJson());

        (key.Status, key.Code).ShouldBe((HttpStatusCode.NotFound, "push-off"));
        (put.Status, put.Code).ShouldBe((HttpStatusCode.NotFound, "push-off"));
        (await cluster.Api.SubscriptionsAsync(session)).ShouldBeEmpty();
    }
}
