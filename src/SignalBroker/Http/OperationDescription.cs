using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace SignalBroker.Http;

/// <summary>What the API's description says of each operation: who may ask, with which parameters, and what is answered.</summary>
internal static class OperationDescription
{
    /// <summary>The extension that lists the codes of an error answer.</summary>
    public const string ErrorCodes = "x-error-codes";

    /// <summary>Adds what the endpoint's metadata say.</summary>
    public static void Complete(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        // The folder that the endpoint is in.
        if (metadata.OfType<MethodInfo>().FirstOrDefault()?.DeclaringType?.Namespace is { } folder)
        {
            operation.Tags = new HashSet<OpenApiTagReference> { new(folder.Split('.')[^1], context.Document) };
        }

        Secure(operation, metadata, context.Document);
        foreach (var parameter in metadata.OfType<ApiParameter>())
        {
            Complete(operation, parameter);
        }

        if (metadata.OfType<RequestExample>().FirstOrDefault() is { } example)
        {
            foreach (var taken in operation.RequestBody!.Content!.Values)
            {
                taken.Example = example.Body.DeepClone();
            }
        }

        foreach (var answer in metadata.OfType<AnswerExample>())
        {
            AnswerOf(operation, answer.Status).Content!["application/json"].Example = answer.Body.DeepClone();
        }

        foreach (var failures in metadata.OfType<Failure>().GroupBy(failure => failure.Status))
        {
            var answer = AnswerOf(operation, failures.Key);
            Complete(answer, failures);
            if (failures.Key is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            {
                AddRetryAfter(answer);
            }
        }

        var byStatus = operation.Responses!.OrderBy(answer => answer.Key, StringComparer.Ordinal).ToList();
        operation.Responses = [];
        byStatus.ForEach(answer => operation.Responses.Add(answer.Key, answer.Value));
    }

    private static OpenApiResponse AnswerOf(OpenApiOperation operation, int status) =>
        (OpenApiResponse)operation.Responses![status.ToString(CultureInfo.InvariantCulture)];

    private static void Complete(OpenApiResponse answer, IEnumerable<Failure> failures)
    {
        string[] codes = [.. failures.Select(failure => failure.Code).Distinct().Order(StringComparer.Ordinal)];
        answer.Description =
            $"{(codes.Length == 1 ? "The code" : "One of the codes")} {string.Join(", ", codes.Select(code => $"`{code}`"))}.";
        answer.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        answer.Extensions[ErrorCodes] = new JsonNodeExtension(
            new JsonArray([.. codes.Select(code => (JsonNode)JsonValue.Create(code))])
        );
    }

    private static void AddRetryAfter(OpenApiResponse answer)
    {
        answer.Headers ??= new Dictionary<string, IOpenApiHeader>();
        answer.Headers["Retry-After"] = new OpenApiHeader
        {
            Description = "After how many seconds to try again.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
        };
    }

    private static void Complete(OpenApiOperation operation, ApiParameter said)
    {
        operation.Parameters ??= [];
        var found = operation.Parameters.OfType<OpenApiParameter>().FirstOrDefault(found => found.Name == said.Name);
        if (found is null)
        {
            found = new OpenApiParameter
            {
                Name = said.Name,
                In = ParameterLocation.Query,
                Required = said.IsRequired,
            };
            operation.Parameters.Add(found);
        }

        found.Description = said.Description;
        found.Schema = new OpenApiSchema
        {
            Type = said.Min is null ? JsonSchemaType.String : JsonSchemaType.Integer,
            Format = said.Min is null ? null : "int64",
            Minimum = said.Min?.ToString(CultureInfo.InvariantCulture),
            Maximum = said.Max?.ToString(CultureInfo.InvariantCulture),
            MaxLength = said.MaxLength,
            Pattern = said.Pattern,
            Enum = said.Words is [] ? null : [.. said.Words.Select(word => JsonValue.Create(word))],
        };
    }

    private static void Secure(OpenApiOperation operation, IList<object> metadata, OpenApiDocument? document)
    {
        var ways = metadata.Select(WayOf).OfType<string>().ToList();
        if (ways.Count > 0)
        {
            // Any one of them.
            operation.Security = [.. ways.Select(way => Requirement(way, document))];
        }

        if (metadata.OfType<TokenTaken>().Any())
        {
            // Nor is any needed while tokens are off.
            operation.Security!.Add([]);
        }
    }

    private static string? WayOf(object metadata) =>
        metadata switch
        {
            CredentialRequired => ApiDescription.Session,
            TokenTaken => ApiDescription.Token,
            ServiceKeyTaken => ApiDescription.ServiceKey,
            _ => null,
        };

    private static OpenApiSecurityRequirement Requirement(string way, OpenApiDocument? document) =>
        new() { [new OpenApiSecuritySchemeReference(way, document)] = [] };
}
