using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using SignalBroker.Sessions;

namespace SignalBroker.Http;

/// <summary>What <c>/openapi/v1.json</c> says beyond the endpoints themselves.</summary>
internal static class ApiDescription
{
    private const string Session = "session";
    private const string Token = "token";
    private const string ServiceKey = "serviceKey";

    /// <summary>Adds the title, and how sessions, users and backends prove themselves.</summary>
    public static void Describe(OpenApiOptions options)
    {
        options.AddDocumentTransformer(
            (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "SignalBroker",
                    Version = "v1",
                    Description =
                        "Opens sessions and sends signals. What a session receives comes over Web-STOMP from its listening address, "
                        + "or as server-sent events from /listen.",
                };
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                document.Components.SecuritySchemes[Session] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "basic",
                    Description = "The listening key as user name, the passcode as password.",
                };
                document.Components.SecuritySchemes[Token] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    BearerFormat = "JWT",
                    Description =
                        "The user's token, whose 'sub' is the user id; 'Users:Tokens' says whether it is needed.",
                };
                document.Components.SecuritySchemes[ServiceKey] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = "Authorization",
                    Description = "'ServiceKey ' and a backend's service key.",
                };
                return Task.CompletedTask;
            }
        );
        options.AddSchemaTransformer(
            (schema, context, _) =>
            {
                // What is null is left out of an answer.
                foreach (var member in context.JsonTypeInfo.Properties.Where(member => member.IsGetNullable))
                {
                    schema.Required?.Remove(member.Name);
                }

                return Task.CompletedTask;
            }
        );
        options.AddOperationTransformer(
            (operation, context, _) =>
            {
                var metadata = context.Description.ActionDescriptor.EndpointMetadata;
                var ways = metadata.Select(WayOf).OfType<string>().ToList();
                if (ways.Count > 0)
                {
                    // Any one of them.
                    operation.Security = [.. ways.Select(way => Requirement(way, context.Document))];
                }

                if (metadata.OfType<TokenTaken>().Any())
                {
                    // Nor is any needed while tokens are off.
                    operation.Security!.Add([]);
                }

                return Task.CompletedTask;
            }
        );
    }

    private static string? WayOf(object metadata) =>
        metadata switch
        {
            CredentialRequired => Session,
            TokenTaken => Token,
            ServiceKeyTaken => ServiceKey,
            _ => null,
        };

    private static OpenApiSecurityRequirement Requirement(string way, OpenApiDocument? document) =>
        new() { [new OpenApiSecuritySchemeReference(way, document)] = [] };
}
