using SignalBroker.Sessions;

namespace SignalBroker.Fleet;

/// <summary>Wires what adds, drains and removes nodes.</summary>
internal static class FleetSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddFleet()
        {
            builder.AddJson(FleetJson.Default);
            builder.AddSettings<FleetOptions>(FleetOptions.Section);
            builder.Services.AddSingleton<FleetStore>();
            builder.Services.AddSingleton<NodeChecks>();
            builder.Services.AddSingleton<FleetEndpoints>();
            builder.Services.AddSingleton<FleetWatch>();
            builder.Services.AddSingleton<IAnnouncedMemory>(services => services.GetRequiredService<FleetWatch>());
            builder.Services.AddHostedService(services => services.GetRequiredService<FleetWatch>());
            builder.Services.AddHostedService<Mover>();
        }
    }

    extension(WebApplication app)
    {
        public void MapFleet()
        {
            var fleet = app.Services.GetRequiredService<FleetEndpoints>();
            var name = new ApiParameter("name", "The node's name.") { Pattern = Nodes.NodeOptions.NamePattern };
            app.MapGet("/admin/nodes", fleet.List)
                .WithName("listNodes")
                .IsInternal()
                .Produces<IEnumerable<NodeReport>>();
            app.MapPut("/admin/nodes/{name}", fleet.PutAsync)
                .WithName("putNode")
                .Accepts<NodeDefinition>(RequestBody.Json)
                .Parameter(name)
                .IsInternal()
                .Produces<NodeReport>()
                .Produces<NodeReport>(StatusCodes.Status201Created)
                .Fails(409, "node-configured", "node-credentials-missing")
                .Fails(422, "node-check-failed")
                .Fails(503, "database-unavailable");
            app.MapPatch("/admin/nodes/{name}", fleet.PatchAsync)
                .WithName("changeNode")
                .Accepts<NodeChange>(RequestBody.Json)
                .Parameter(name)
                .IsInternal()
                .Produces<NodeReport>()
                .Fails(404, "node-not-found")
                .Fails(409, "node-configured")
                .Fails(503, "database-unavailable");
            app.MapDelete("/admin/nodes/{name}", fleet.DeleteAsync)
                .WithName("removeNode")
                .Parameter(name)
                .Parameter(new("sessions", "What becomes of the sessions of a lost node.") { Words = ["forget"] })
                .IsInternal()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(404, "node-not-found")
                .Fails(409, "node-configured", "node-holds-sessions", "node-in-use")
                .Fails(503, "database-unavailable");
            app.MapPost("/admin/nodes/rebalance", fleet.RebalanceAsync)
                .WithName("rebalanceNodes")
                .IsInternal()
                .Produces<IEnumerable<NodeSurplus>>()
                .Fails(503, "database-unavailable");
            app.MapPost("/admin/nodes/{name}/check", fleet.CheckAsync)
                .WithName("checkNode")
                .Parameter(name)
                .IsInternal()
                .Produces<IReadOnlyList<NodeCheck>>()
                .Fails(404, "node-not-found")
                .Fails(503, "database-unavailable");
        }
    }
}
