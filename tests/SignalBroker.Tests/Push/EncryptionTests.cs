using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using SignalBroker.Push;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Push;

/// <summary>
/// What is pushed comes out as it went in, at a push service that knows who pushed; it decrypts and verifies with none of
/// the product's code.
/// </summary>
public sealed class EncryptionTests : IAsyncLifetime
{
    private readonly VapidKey key = VapidKey.Create();
    private PushService service = null!;
    private PushServices services = null!;

    public async ValueTask InitializeAsync()
    {
        service = new PushService(key.PublicKey);
        await service.StartAsync();
        var options = new PushOptions { AllowPrivateEndpoints = true, Subject = PushCluster.Subject };
        services = new PushServices(new(key), Options.Create(options), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        services.Dispose();
        await service.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3992)]
    [InlineData(PushMessage.MaxBytes)]
    public async Task Whatever_fits_comes_out_as_it_went_in(int length)
    {
        PushMessage.MaxBytes.ShouldBe(3993);
        var browser = service.Register();
        var content = RandomNumberGenerator.GetBytes(length);

        (await PushAsync(browser, content)).ShouldBe(new PushAnswer.Accepted());

        (await browser.NextAsync()).Content.ShouldBe(content);
    }

    // One agreed secret in 256 begins with a zero, which is not to be lost.
    [Fact]
    public async Task Each_of_many_browsers_can_read_what_it_gets()
    {
        for (var number = 0; number < 1500; number++)
        {
            var browser = service.Register();
            var content = RandomNumberGenerator.GetBytes(32);

            (await PushAsync(browser, content)).ShouldBe(new PushAnswer.Accepted());

            (await browser.NextAsync()).Content.ShouldBe(content);
        }
    }

    [Fact]
    public async Task No_two_pushes_are_encrypted_alike()
    {
        var browser = service.Register();
        var bodies = new List<byte[]>();
        for (var time = 0; time < 2; time++)
        {
            browser.AnswerNext(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                bodies.Add(body.ToArray());
                context.Response.StatusCode = 202;
            });
            (await PushAsync(browser, [1, 2, 3])).ShouldBe(new PushAnswer.Accepted());
        }

        bodies.ShouldAllBe(body => browser.Subscriber.Decrypt(body).SequenceEqual(new byte[] { 1, 2, 3 }));
        // The salt, the sender's key and what is encrypted.
        foreach (var part in new[] { ..16, 21..86, 86.. })
        {
            bodies[0][part].ShouldNotBe(bodies[1][part]);
        }
    }

    [Fact]
    public async Task A_refusal_is_understood_before_its_text_ends()
    {
        var browser = service.Register();
        browser.AnswerNext(async context =>
        {
            context.Response.StatusCode = 410;
            await context.Response.StartAsync();
            await context.Response.Body.WriteAsync(new byte[100]);
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });

        (
            await PushAsync(browser, [1]).WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken)
        ).ShouldBe(new PushAnswer.Gone());
    }

    private Task<PushAnswer> PushAsync(Registration browser, byte[] content) =>
        services.PushAsync(browser.Subscriber.Endpoint, browser.Subscriber.Keys, content, TimeSpan.FromMinutes(1));
}
