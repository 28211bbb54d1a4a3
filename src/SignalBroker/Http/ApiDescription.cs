using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace SignalBroker.Http;

/// <summary>What <c>/openapi/v1.json</c> says beyond the endpoints themselves.</summary>
public static class ApiDescription
{
    private const string SchemeName = "session";

    /// <summary>Adds the title and how a session proves itself.</summary>
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
                document.Components.SecuritySchemes[SchemeName] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "basic",
                    Description = "The listening key as user name, the passcode as password.",
                };
                return Task.CompletedTask;
            }
        );
        options.AddOperationTransformer(
            (operation, context, _) =>
            {
                if (context.Description.ActionDescriptor.EndpointMetadata.OfType<CredentialRequired>().Any())
                {
                    operation.Security =
                    [
                        new OpenApiSecurityRequirement
                        {
                            [new OpenApiSecuritySchemeReference(SchemeName, context.Document)] = [],
                        },
                    ];
                }

                return Task.CompletedTask;
            }
        );
    }
}
