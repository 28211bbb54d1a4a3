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
            builder.Services.AddSingleton<BrokerAccessMetrics>();
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
            var metrics = app.Services.GetRequiredService<BrokerAccessMetrics>();
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
                                ? AnswerAsync(context, node, question, decide)
                                : Problem.OfStatus(StatusCodes.Status404NotFound).ExecuteAsync(context)
                    )
                    .ExcludeFromDescription();

            // Anything but a plain "allow" is a denial to RabbitMQ, so whatever fails on the way fails closed.
            async Task AnswerAsync(
                HttpContext context,
                string node,
                string question,
                Func<string, IFormCollection, ValueTask<bool>> decide
            )
            {
                var since = clock.GetTimestamp();
                var allowed = await DecideAsync(context, node, decide);
                await WriteAsync(context.Response, allowed == true ? Allow : Deny);
                var answer =
                    allowed is null ? "failed"
                    : allowed.Value ? "allow"
                    : "deny";
                metrics.Answered(question, answer, since);
            }
        }
    }

    // Null where the database does not answer.
    private static async Task<bool?> DecideAsync(
        HttpContext context,
        string node,
        Func<string, IFormCollection, ValueTask<bool>> decide
    )
    {
        try
        {
            return RequestBody.HasForm(context.Request)
                && await decide(node, await RequestBody.ReadFormAsync(context.Request));
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            // Not the usual 503: Erlang's HTTP client obeys its Retry-After by itself, again and again, and whoever
            // logs in would wait until the database is back.
            return null;
        }
    }

    private static async Task WriteAsync(HttpResponse response, byte[] answer)
    {
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength = answer.Length;
        await response.BodyWriter.WriteAsync(answer);
    }
}
