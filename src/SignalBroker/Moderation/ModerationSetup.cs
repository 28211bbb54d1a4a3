using SignalBroker.Sessions;

namespace SignalBroker.Moderation;

/// <summary>Wires what ends sessions and blocks users.</summary>
internal static class ModerationSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddModeration()
        {
            builder.AddJson(ModerationJson.Default);
            builder.AddSettings<ModerationOptions>(ModerationOptions.Section);
            builder.Services.AddSingleton<ModerationStore>();
            builder.Services.AddSingleton<IUserData>(services => services.GetRequiredService<ModerationStore>());
            builder.Services.AddSingleton<ISessionStatements, BlockedUsers>();
            builder.Services.AddSingleton<Moderator>();
            builder.Services.AddHostedService(services => services.GetRequiredService<Moderator>());
            builder.Services.AddSingleton<ModerationEndpoints>();
        }
    }

    extension(WebApplication app)
    {
        public void MapModeration()
        {
            Map(
                "",
                "",
                endpoint => endpoint.TakesServiceKey().Fails(401, "service-key-missing", "service-key-invalid")
            );
            Map("/admin", "AsOperator", endpoint => endpoint.IsInternal());
            app.MapGet("/admin/audit", Endpoints(app).ReadAuditAsync)
                .WithName("listAudit")
                .Parameter(new("before", "The 'id' of the last row of the previous page.") { Min = 0 })
                .Parameter(Limit)
                .IsInternal()
                .Produces<IReadOnlyList<AuditEntry>>()
                .Fails(400, "bad-request")
                .Fails(503, "database-unavailable");

            // Backends have a service key for the public port; whoever reaches the internal one needs none.
            void Map(string prefix, string suffix, Action<RouteHandlerBuilder> prove)
            {
                var moderation = Endpoints(app);
                prove(
                    app.MapPost($"{prefix}/sessions/end", moderation.EndAsync)
                        .WithName($"endSessions{suffix}")
                        .Accepts<EndRequest>(RequestBody.Json)
                        .Produces<EndAnswer>()
                        .Fails(400, "target-invalid", "invalid-user-id")
                        .Fails(503, "database-unavailable")
                );
                prove(
                    app.MapPut($"{prefix}/blocks", moderation.BlockAsync)
                        .WithName($"blockUser{suffix}")
                        .Accepts<BlockRequest>(RequestBody.Json)
                        .Produces<BlockAnswer>()
                        .Fails(400, "invalid-user-id")
                        .Fails(503, "database-unavailable")
                );
                prove(
                    app.MapDelete($"{prefix}/blocks", moderation.UnblockAsync)
                        .WithName($"unblockUser{suffix}")
                        .Parameter(new("userId", "The user.") { IsRequired = true })
                        .Produces(StatusCodes.Status204NoContent)
                        .Fails(400, "invalid-user-id")
                        .Fails(404, "not-blocked")
                        .Fails(503, "database-unavailable")
                );
                prove(
                    app.MapDelete($"{prefix}/users", moderation.EraseAsync)
                        .WithName($"eraseUser{suffix}")
                        .Parameter(new("userId", "The user.") { IsRequired = true })
                        .Produces<EraseAnswer>()
                        .Fails(400, "invalid-user-id")
                        .Fails(503, "database-unavailable")
                );
                prove(
                    app.MapGet($"{prefix}/blocks", moderation.ListBlocksAsync)
                        .WithName($"listBlocks{suffix}")
                        .Parameter(new("after", "The 'next' of the previous page."))
                        .Parameter(Limit)
                        .Produces<BlocksAnswer>()
                        .Fails(400, "bad-request", "invalid-user-id")
                        .Fails(503, "database-unavailable")
                );
            }
        }
    }

    private static ApiParameter Limit =>
        new("limit", "How many rows to answer at most; 100 if left out.") { Min = 1, Max = ModerationEndpoints.Most };

    private static ModerationEndpoints Endpoints(WebApplication app) =>
        app.Services.GetRequiredService<ModerationEndpoints>();
}
