using SignalBroker.Database;
using SignalBroker.Http;

namespace SignalBroker.BrokerAccess;

/// <summary>Wires the answers to RabbitMQ's HTTP auth backend.</summary>
public static class BrokerAccessSetup
{
    private static readonly byte[] Allow = "allow"u8.ToArray();
    private static readonly byte[] Deny = "deny"u8.ToArray();

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
            var admission = app.Services.GetRequiredService<Admission>();
            var permissions = app.Services.GetRequiredService<Permissions>();
            Map("user", admission.AllowsAsync);
            Map("vhost", (node, form) => new(permissions.AllowsHost(node, form)));
            Map("resource", permissions.AllowsResourceAsync);
            Map("topic", (node, form) => new(permissions.AllowsTopic(node, form)));

            void Map(string question, Func<string, IFormCollection, ValueTask<bool>> decide) =>
                app.MapPost($"/broker-access/{{node}}/{question}", context => AnswerAsync(context, decide))
                    .ExcludeFromDescription();
        }
    }

    // Anything but a plain "allow" is a denial to RabbitMQ, so whatever fails on the way fails closed.
    private static async Task AnswerAsync(HttpContext context, Func<string, IFormCollection, ValueTask<bool>> decide)
    {
        var allowed = false;
        try
        {
            allowed =
                context.Request.HasFormContentType
                && context.GetRouteValue("node") is string node
                && await decide(node, await RequestBody.ReadFormAsync(context.Request));
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // Not the usual 503: Erlang's HTTP client obeys its Retry-After by itself, again and again, and whoever
            // logs in would wait until the database is back.
        }

        var answer = allowed ? Allow : Deny;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = answer.Length;
        await context.Response.BodyWriter.WriteAsync(answer);
    }
}
