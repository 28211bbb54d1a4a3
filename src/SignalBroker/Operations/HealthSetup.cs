using Npgsql;
using SignalBroker.Http;

namespace SignalBroker.Operations;

/// <summary>Wires what load balancers and supervisors ask.</summary>
internal static class HealthSetup
{
    extension(WebApplication app)
    {
        /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c> on both ports.</summary>
        public void MapHealth()
        {
            // Nothing but the process: restarting a webapp mends neither a database nor a node.
            app.MapGet(
                    "/health/live",
                    () => TypedResults.Json(new HealthReport("live", null, null), HealthJson.Default.HealthReport)
                )
                .WithName("getLiveness")
                .WithSummary("Tells that the process is alive")
                .WithDescription(
                    "On both ports. It says nothing of the database and the nodes: restarting a webapp mends neither."
                )
                .Answers<HealthReport>("""{ "status": "live" }""")
                .Fails();
            // Made now: its time counts from the start.
            var readiness = ActivatorUtilities.CreateInstance<Readiness>(app.Services);
            app.MapGet(
                    "/health/ready",
                    (NpgsqlDataSource database, CancellationToken cancellationToken) =>
                        CheckAsync(database, readiness, cancellationToken)
                )
                .WithName("getReadiness")
                .WithSummary("Tells whether the webapp is ready to serve")
                .WithDescription(
                    "On both ports. Ready are the database and at least one node; a webapp that has just started waits up to 10 s "
                        + "for all of them."
                )
                .Answers<HealthReport>("""{ "status": "ready", "database": true, "nodes": 2 }""")
                .Answers<HealthReport>(
                    """{ "status": "notReady", "database": false, "nodes": 2 }""",
                    StatusCodes.Status503ServiceUnavailable
                )
                .Fails();
        }
    }

    private static async Task<IResult> CheckAsync(
        NpgsqlDataSource database,
        Readiness readiness,
        CancellationToken cancellationToken
    )
    {
        var answers = await AnswersAsync(database, cancellationToken);
        var isReady = answers && readiness.HasEnough;
        var report = new HealthReport(isReady ? "ready" : "notReady", answers, readiness.Nodes);
        return TypedResults.Json(
            report,
            HealthJson.Default.HealthReport,
            statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
        );
    }

    private static async Task<bool> AnswersAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = database.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
