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
                await webapp.NodesReadyAsync();
            }
        }
    }

    extension(Webapp webapp)
    {
        /// <summary>Waits until the webapp gives sessions to every node; one that another test has stopped is not waited for.</summary>
        public Task NodesReadyAsync()
        {
            var admin = new Api(webapp.InternalAddress);
            return Eventually.HoldsAsync(
                async () =>
                {
                    if (!webapp.IsRunning)
                    {
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
