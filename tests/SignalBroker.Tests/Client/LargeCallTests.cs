using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Client;

/// <summary>Calls whose descriptions are larger than a request may be, and what can't be negotiated at all.</summary>
public sealed class LargeCallTests(ClientSite site, Browser browser) : ClientTests(site, browser)
{
    /// <summary>Adds so many pictures to a call, each of its own stream.</summary>
    private const string AddPictures = """
        (count) => {
          for (let added = 0; added < count; added++) {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [32, 32];
            canvas.getContext("2d").fillRect(0, 0, 32, 32);
            callOf().addMedia(canvas.captureStream(5));
          }
        }
        """;

    private const string DescriptionLength = "() => JSON.stringify(callOf().connection.localDescription).length";

    [Theory]
    [InlineData("http")]
    [InlineData("socket")]
    public async Task Thirty_two_tracks_are_negotiated(string send)
    {
        var caller = await ListenAsync(Alice, new { send });
        var callee = await ListenAsync(Bob, new { send });
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);

        await caller.RunAsync(AddPictures, 32);

        await callee.HoldsAsync("callOf().remoteStream.getVideoTracks().length === 32");
        (await caller.RunAsync<int>(DescriptionLength)).ShouldBeGreaterThan(65_536);
        await caller.HoldsAsync("callOf().connection.signalingState === 'stable'");

        // The other way round the answer is as large, and the callee's offer as well.
        await callee.RunAsync(AddPictures, 4);
        await caller.HoldsAsync("callOf().remoteStream.getVideoTracks().length === 4");
        await caller.TalksWithAsync(callee);
    }

    [Fact]
    public async Task What_can_not_be_sent_at_all_is_told_once_and_the_call_goes_on_without_it()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.CallAsync(Bob);
        await caller.HoldsAsync("callOf().connection.signalingState === 'stable'");
        await caller.RunAsync("() => void callOf().onRefused(({ code }) => refusals.push(code))");
        await caller.RunAsync("() => void (trap.refuse = 'negotiate')");

        await caller.RunAsync(AddPictures, 1);

        await caller.HoldsAsync("refusals.length > 0");
        await caller.HoldsAsync("callOf().connection.signalingState === 'stable'");
        await caller.TalksWithAsync(callee);
        // The other end's changes are still taken, and so is the next one of this end.
        await caller.RunAsync("() => void (trap.refuse = undefined)");
        await callee.RunAsync(AddPictures, 1);
        await caller.HoldsAsync("callOf().remoteStream.getVideoTracks().length === 1");
        await caller.RunAsync(AddPictures, 1);
        await callee.HoldsAsync("callOf().remoteStream.getVideoTracks().length === 2");
        (await caller.RunAsync<string[]>("() => refusals")).ShouldBe(["payload-too-large"]);
    }

    [Fact]
    public async Task A_call_that_can_not_be_negotiated_at_all_ends_at_once_at_both_ends()
    {
        var caller = await ListenAsync(Alice);
        var callee = await ListenAsync(Bob);
        await callee.RunAsync("() => acceptAll()");
        await caller.RunAsync("() => void (trap.refuse = 'negotiate')");

        var code = await caller.RunAsync<string>("(bob) => call(bob).then(() => 'connected', ({ code }) => code)", Bob);

        code.ShouldBe("payload-too-large");
        await callee.HoldsAsync("me.calls.length === 0");
        (await caller.RunAsync<int>("() => requests.filter((path) => path === '/exchange').length")).ShouldBeLessThan(
            6
        );
    }

    [Fact]
    public async Task Who_calls_oneself_reaches_ones_other_devices_and_hears_at_once_if_there_is_none()
    {
        var laptop = await ListenAsync(Alice);
        await laptop.RunAsync("() => acceptAll()");
        const string Call = "(alice) => call(alice).then(() => 'connected', ({ code }) => code)";
        (await laptop.RunAsync<string>(Call, Alice)).ShouldBe("no-other-device");
        (await laptop.RunAsync<int>("() => rings.length + me.calls.length")).ShouldBe(0);

        var phone = await ListenAsync(Alice);
        await phone.RunAsync("() => acceptAll()");
        (await laptop.RunAsync<string>(Call, Alice)).ShouldBe("connected");
        await phone.HoldsAsync("calls.length === 1");
        await laptop.TalksWithAsync(phone);
        (await laptop.RunAsync<int>("() => rings.length")).ShouldBe(0);
    }
}
