using System.Collections.Concurrent;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace SignalBroker.Http;

/// <summary>What <c>/openapi/v1.json</c> says beyond what ASP.NET Core finds out by itself.</summary>
internal static class ApiDescription
{
    private const string ErrorCode = "ErrorCode";

    // Where the codes are that any address may answer, whether there is something at it or not.
    private static readonly string[] CodesOfNoEndpoint = ["method-not-allowed", "not-found"];

    public static void Describe(OpenApiOptions options)
    {
        var types = new ConcurrentDictionary<string, JsonTypeInfo>();
        var comments = new Lazy<XmlDescriptions>(XmlDescriptions.Read);
        options.CreateSchemaReferenceId = NameOf;
        options.AddSchemaTransformer((schema, context, _) => Done(() => Complete(schema, context, types)));
        options.AddOperationTransformer(
            (operation, context, _) => Done(() => OperationDescription.Complete(operation, context, comments.Value))
        );
        options.AddDocumentTransformer(
            async (document, context, cancellationToken) =>
            {
                Complete(document);
                document.AddComponent(
                    "Problem",
                    await context.GetOrCreateSchemaAsync(typeof(ProblemSchema), cancellationToken: cancellationToken)
                );
                DescribeSchemas(document.Components!.Schemas!, types, comments.Value);
                AddErrorCodes(document, context);
                Examples.AddTo(document);
            }
        );
    }

    // Types that are there for the description only say so in their names, which nobody else needs to know.
    private static string? NameOf(JsonTypeInfo type) =>
        (Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(JsonElement) ? null
        : OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name
            ? $"{type.Type.DeclaringType?.Name}{name}".Replace("Schema", "", StringComparison.Ordinal)
        : null;

    private static void Complete(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "SignalBroker",
            Version = "v1",
            Description =
                "Opens sessions and sends signals. What a session receives comes over Web-STOMP from its listening address, "
                + "or as server-sent events from /listen.",
        };
        var operations = document.Paths.Values.SelectMany(path => path.Operations!.Values);
        var folders = operations.SelectMany(operation => operation.Tags!).Select(tag => tag.Reference.Id).Distinct();
        document.Tags = folders.Select(folder => new OpenApiTag { Name = folder }).ToHashSet();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["session"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "basic",
                Description = "The listening key as user name, the passcode as password.",
            },
            ["token"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "The user's token, whose 'sub' is the user id; 'Users:Tokens' says whether it is needed.",
            },
            ["serviceKey"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "Authorization",
                Description = "'ServiceKey ' and a backend's service key.",
            },
        };
    }

    // Only now: a member whose type has a name has become a reference, and says for itself what it is.
    private static void DescribeSchemas(
        IDictionary<string, IOpenApiSchema> schemas,
        ConcurrentDictionary<string, JsonTypeInfo> types,
        XmlDescriptions comments
    )
    {
        foreach (var (name, schema) in schemas)
        {
            var type = types[name];
            schema.Description = comments.Of(type.Type);
            foreach (var member in type.Properties)
            {
                if (schema.Properties?.TryGetValue(member.Name, out var described) == true)
                {
                    schema.Properties[member.Name] = described = WithoutNull(described);
                    described.Description = comments.Of(member);
                }
            }
        }
    }

    private static IOpenApiSchema WithoutNull(IOpenApiSchema schema) =>
        schema.OneOf is { Count: 2 } ways ? ways.Single(way => way.Type != JsonSchemaType.Null) : schema;

    private static void AddErrorCodes(OpenApiDocument document, OpenApiDocumentTransformerContext context)
    {
        var codes = context
            .DescriptionGroups.SelectMany(group => group.Items)
            .SelectMany(endpoint => UsualFailures.Of(endpoint.ActionDescriptor.EndpointMetadata))
            .SelectMany(failures => failures.Codes)
            .Concat(CodesOfNoEndpoint)
            .Distinct()
            .Order(StringComparer.Ordinal);
        document.AddComponent(
            ErrorCode,
            new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description =
                    "What happened, for programs. A code never changes its meaning; there may be more of them one day.",
                Enum = [.. codes.Select(code => JsonValue.Create(code))],
            }
        );
        document.Components!.Schemas!["Problem"].Properties!["code"] = new OpenApiSchemaReference(ErrorCode, document);
    }

    private static void Complete(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        ConcurrentDictionary<string, JsonTypeInfo> types
    )
    {
        if (NameOf(context.JsonTypeInfo) is { } name)
        {
            types[name] = context.JsonTypeInfo;
        }

        // What is null is left out of an answer, and need not be in a request.
        foreach (var member in context.JsonTypeInfo.Properties.Where(member => member.IsGetNullable))
        {
            schema.Required?.Remove(member.Name);
        }

        // Generators take what has a default for something that is always there.
        schema.Default = null;
        schema.Type = context.JsonTypeInfo.Type.IsEnum ? JsonSchemaType.String : schema.Type & ~JsonSchemaType.Null;
        if (schema.Type is { } type && (type.HasFlag(JsonSchemaType.Integer) || type.HasFlag(JsonSchemaType.Number)))
        {
            // That numbers may be texts too is a kindness of the reader.
            schema.Type = type & ~JsonSchemaType.String;
            schema.Pattern = null;
        }

        foreach (var bound in context.JsonPropertyInfo?.AttributeProvider?.GetCustomAttributes(inherit: false) ?? [])
        {
            switch (bound)
            {
                case AllowedValuesAttribute allowed:
                    schema.Enum = [.. allowed.Values.Select(word => JsonValue.Create((string)word!))];
                    break;
                case RangeAttribute { Maximum: >= (double)long.MaxValue }:
                    schema.Maximum = null;
                    break;
                case DefaultValueAttribute { Value: null }:
                    schema.Type |= JsonSchemaType.Null;
                    break;
                default:
                    break;
            }
        }
    }

    private static Task Done(Action complete)
    {
        complete();
        return Task.CompletedTask;
    }
}
