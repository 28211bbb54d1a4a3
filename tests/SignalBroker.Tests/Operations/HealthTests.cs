using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Operations;

/// <summary>What load balancers and supervisors are told while all is well.</summary>
public sealed class HealthTests(TestCluster cluster)
{
    [Fact]
    public async Task A_webapp_is_live_and_ready_on_both_ports()
    {
        foreach (var api in new[] { cluster.Api, cluster.InternalOf(0) })
        {
            (await api.GetAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
            var ready = await api.GetAsync("/health/ready");
            ready.Status.ShouldBe(HttpStatusCode.OK, ready.Body);
            ready.Json.GetProperty("database").GetBoolean().ShouldBeTrue();
        }
    }
}
