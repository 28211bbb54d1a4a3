using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace SignalBroker.Operations;

/// <summary>Wires the health checks of load balancers and supervisors.</summary>
internal static class HealthSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddHealth()
        {
            builder.Services.AddSingleton<Readiness>();
            builder.Services.AddSingleton<Arriving>();
            builder.Services.AddHostedService(services => services.GetRequiredService<Arriving>());
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Has the public port's requests wait while the webapp starts, but for pages and health checks.</summary>
        public void UseArriving()
        {
            var over = app.Services.GetRequiredService<Arriving>().Over;
            app.Use(
                (context, next) =>
                    over.IsCompleted
                    || context.GetEndpoint() is null
                    || InternalListener.Received(context)
                    || ListenerGate.IsHealth(context.Request.Path)
                        ? next(context)
                        : ServeAfterAsync(over, context, next)
            );
        }

        public void MapHealth()
        {
            app.MapGet("/health/live", ShowLiveness).WithName("getLiveness").Produces<HealthReport>();
            app.MapGet("/health/ready", ShowReadinessAsync)
                .WithName("getReadiness")
                .Produces<HealthReport>()
                .Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static async Task ServeAfterAsync(Task over, HttpContext context, RequestDelegate next)
    {
        await over.WaitAsync(context.RequestAborted);
        await next(context);
    }

    /// <summary>Tells that the process is alive.</summary>
    /// <remarks>On both ports. Database and nodes don't count: restarting a webapp mends neither.</remarks>
    private static JsonHttpResult<HealthReport> ShowLiveness() =>
        TypedResults.Json(new HealthReport("live", null, null), HealthJson.Default.HealthReport);

    /// <summary>Tells whether the webapp is ready to serve.</summary>
    /// <remarks>
    /// On both ports. It is ready with the database and at least one node; a webapp that has just started waits up to
    /// 10 s for all of them, and one that is told to stop is ready no longer.
    /// </remarks>
    private static async Task<IResult> ShowReadinessAsync(
        NpgsqlDataSource database,
        Readiness readiness,
        Leaving leaving,
        CancellationToken cancellationToken
    )
    {
        var answers = await AnswersAsync(database, cancellationToken);
        var isReady = answers && readiness.HasEnough && !leaving.HasBegun;
        return TypedResults.Json(
            new HealthReport(isReady ? "ready" : "notReady", answers, readiness.Nodes),
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
