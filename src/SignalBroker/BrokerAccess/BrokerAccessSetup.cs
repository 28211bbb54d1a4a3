using SignalBroker.Database;
using SignalBroker.Http;

namespace SignalBroker.BrokerAccess;

/// <summary>Wires the answers to RabbitMQ's HTTP auth backend.</summary>
public static class BrokerAccessSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what decides.</summary>
        public void AddBrokerAccess()
        {
            builder.Services.AddSingleton<AdmissionStore>();
            builder.Services.AddSingleton<Admission>();
            builder.Services.AddSingleton<Permissions>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps the four questions on the internal port, with a path for each node: no field names the node.</summary>
        public void MapBrokerAccess()
        {
            Map("user", (node, form, services) => services.GetRequiredService<Admission>().AllowsAsync(node, form));
            Map(
                "vhost",
                (node, form, services) => new(services.GetRequiredService<Permissions>().AllowsHost(node, form))
            );
            Map(
                "resource",
                (node, form, services) => services.GetRequiredService<Permissions>().AllowsResourceAsync(node, form)
            );
            Map("topic", (_, _, _) => new(false));

            void Map(string question, Func<string, IFormCollection, IServiceProvider, ValueTask<bool>> decide) =>
                app.MapPost(
                        $"/broker-access/{{node}}/{question}",
                        async (string node, HttpContext context) =>
                            await AnswerAsync(context, form => decide(node, form, context.RequestServices))
                    )
                    .ExcludeFromDescription();
        }
    }

    // Anything but a plain "allow" is a denial to RabbitMQ, so whatever fails on the way fails closed.
    private static async Task<IResult> AnswerAsync(HttpContext context, Func<IFormCollection, ValueTask<bool>> decide)
    {
        var allowed = false;
        try
        {
            allowed =
                context.Request.HasFormContentType && await decide(await RequestBody.ReadFormAsync(context.Request));
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // Not the usual 503: Erlang's HTTP client obeys its Retry-After by itself, again and again, and whoever
            // logs in would wait until the database is back.
        }

        return TypedResults.Text(allowed ? "allow" : "deny");
    }
}
