using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SignalBroker.Nodes;
using SignalBroker.Operations;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Operations;

/// <summary>For how long requests wait for a webapp that has just started.</summary>
public sealed class ArrivingTests : IAsyncLifetime
{
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider clock = new();
    private readonly NodeCatalog catalog;
    private readonly Arriving arriving;

    public ArrivingTests()
    {
        catalog = new(Options.Create<List<NodeOptions>>([ReadinessTests.Described("one")]), clock);
        arriving = new(new(catalog, clock), clock);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await arriving.StartAsync(Token);

    [Fact]
    public async Task They_wait_until_its_nodes_are_reached()
    {
        clock.Advance(Instant);
        arriving.Over.IsCompleted.ShouldBeFalse();

        (catalog.Nodes[0].Responsive, catalog.Nodes[0].EventsBound) = (true, true);
        await EndsAsync();
    }

    [Fact]
    public async Task They_do_not_wait_for_ever()
    {
        clock.Advance(Arriving.Patience - Instant);
        arriving.Over.IsCompleted.ShouldBeFalse();

        await EndsAsync();
    }

    [Fact]
    public async Task They_do_not_wait_for_a_webapp_that_stops()
    {
        await arriving.StopAsync(Token);

        await arriving.Over.WaitAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await arriving.StopAsync(CancellationToken.None);
        arriving.Dispose();
    }

    private Task EndsAsync() =>
        Eventually.HoldsAsync(() =>
        {
            clock.Advance(Instant);
            arriving.Over.IsCompleted.ShouldBeTrue();
        });
}
