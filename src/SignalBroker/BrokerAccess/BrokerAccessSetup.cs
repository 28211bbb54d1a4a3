using SignalBroker.Nodes;

namespace SignalBroker.BrokerAccess;

/// <summary>Wires the answers to RabbitMQ's HTTP auth backend.</summary>
internal static class BrokerAccessSetup
{
    private static readonly byte[] Allow = "allow"u8.ToArray();
    private static readonly byte[] Deny = "deny"u8.ToArray();

    // A socket stays open after a wrong guess, and RabbitMQ takes the next guess only when it has heard of this one.
    private static readonly TimeSpan DenialOfLogin = TimeSpan.FromMilliseconds(500);

    extension(WebApplicationBuilder builder)
    {
        public void AddBrokerAccess()
        {
            builder.Services.AddSingleton<AdmissionStore>();
            builder.Services.AddSingleton<WebappUser>();
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
            var nodes = app.Services.GetRequiredService<NodeCatalog>();
            var clock = app.Services.GetRequiredService<TimeProvider>();
            Map("user", AdmitAsync);
            Map("vhost", (node, form) => new(permissions.AllowsHost(node, form)));
            Map("resource", permissions.AllowsResourceAsync);
            Map("topic", (node, form) => new(permissions.AllowsTopic(node, form)));

            async ValueTask<bool> AdmitAsync(string node, IFormCollection form)
            {
                var isAdmitted = await admission.AllowsAsync(node, form);
                if (!isAdmitted)
                {
                    await Task.Delay(DenialOfLogin, clock);
                }

                return isAdmitted;
            }

            void Map(string question, Func<string, IFormCollection, ValueTask<bool>> decide) =>
                app.MapPost(
                        $"/broker-access/{{node}}/{question}",
                        // What a made-up node asks is nobody's question, and leaves no trace.
                        context =>
                            context.GetRouteValue("node") is string node && nodes.TryGet(node, out _)
                                ? AnswerAsync(context, node, decide)
                                : Problem.OfStatus(StatusCodes.Status404NotFound).ExecuteAsync(context)
                    )
                    .ExcludeFromDescription();
        }
    }

    // Anything but a plain "allow" is a denial to RabbitMQ, so whatever fails on the way fails closed.
    private static async Task AnswerAsync(
        HttpContext context,
        string node,
        Func<string, IFormCollection, ValueTask<bool>> decide
    )
    {
        var allowed = false;
        try
        {
            allowed =
                RequestBody.HasForm(context.Request)
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
