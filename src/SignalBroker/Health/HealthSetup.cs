using Npgsql;
using SignalBroker.Http;
using SignalBroker.Nodes;

namespace SignalBroker.Health;

/// <summary>Wires what load balancers and supervisors ask.</summary>
public static class HealthSetup
{
    extension(WebApplication app)
    {
        /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c> on both ports.</summary>
        public void MapHealth()
        {
            // Nothing but the process: restarting a webapp mends neither a database nor a node.
            app.MapGet("/health/live", () => TypedResults.Ok(new HealthReport("live", null, null)))
                .ExcludeFromDescription();
            app.MapGet("/health/ready", CheckAsync).ExcludeFromDescription();
        }
    }

    private static async Task<IResult> CheckAsync(
        NpgsqlDataSource database,
        NodeCatalog nodes,
        CancellationToken cancellationToken
    )
    {
        var answers = await AnswersAsync(database, cancellationToken);
        var listening = nodes.Nodes.Count(node => node.State is NodeState.Ready or NodeState.Full);
        var report = new HealthReport(answers && listening > 0 ? "ready" : "notReady", answers, listening);
        return TypedResults.Json(
            report,
            HttpJson.Default.HealthReport,
            statusCode: report.Status == "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
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
