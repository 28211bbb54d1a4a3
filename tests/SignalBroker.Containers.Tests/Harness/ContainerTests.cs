using SignalBroker.Tests.Harness;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>The tests that share the servers, and may stop them, one after the other.</summary>
[CollectionDefinition]
public sealed class SharedServers : ICollectionFixture<Servers>;

/// <summary>A test against servers in containers: skipped where there can be none, and what it stopped is started again.</summary>
[Collection<SharedServers>]
public abstract class ContainerTests(Servers servers) : IAsyncLifetime
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected Servers Servers { get; } = servers;

    protected Api Api => Servers.Api;

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Servers.Missing is not null, $"no container can run here: {Servers.Missing}");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (Servers.Missing is null)
        {
            await Servers.MendAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Waits until a session is acked; until it is gone, with null.</summary>
    protected Task IsAckedAsync(string listeningKey, bool? expected = true) =>
        Eventually.HoldsAsync(async () => (await Servers.Rows.IsAckedAsync(listeningKey)).ShouldBe(expected));
}
