using System.Net;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>Tells when servers that were started, or started again, do their work.</summary>
public static class Readiness
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    extension(Cluster servers)
    {
        /// <summary>Waits until every running webapp gives sessions to every node.</summary>
        public async Task AllNodesReadyAsync()
        {
            foreach (var webapp in servers.Webapps.Where(webapp => webapp.IsRunning))
            {
                var admin = new Api(webapp.InternalAddress);
                await Eventually.HoldsAsync(
                    async () =>
                    {
                        if (!webapp.IsRunning)
                        {
                            // Another test has stopped its own.
                            return;
                        }

                        var answer = await admin.GetAsync("/admin/nodes");
                        answer.Status.ShouldBe(HttpStatusCode.OK);
                        answer
                            .Json.EnumerateArray()
                            .Select(node => node.GetProperty("state").GetString())
                            .ShouldAllBe(state => state == "ready");
                    },
                    Patience
                );
            }
        }
    }
}
