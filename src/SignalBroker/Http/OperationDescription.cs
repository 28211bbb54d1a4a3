using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace SignalBroker.Http;

/// <summary>What the API's description says of each operation: who may ask, with which parameters, and what is answered.</summary>
internal static class OperationDescription
{
    /// <summary>Adds what the endpoint's method and metadata say.</summary>
    public static void Complete(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        XmlDescriptions comments
    )
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var handler = metadata.OfType<MethodInfo>().Single();
        (operation.Summary, operation.Description) = (comments.Of(handler)?.TrimEnd('.'), comments.RemarksOf(handler));
        // The folder that the endpoint is in.
        var folder = handler.DeclaringType!.Namespace!.Split('.')[^1];
        operation.Tags = new HashSet<OpenApiTagReference> { new(folder, context.Document) };
        Secure(operation, [.. metadata.OfType<Proof>()], context.Document);
        foreach (var parameter in metadata.OfType<ApiParameter>())
        {
            Complete(operation, parameter);
        }

        foreach (var failures in UsualFailures.Of(metadata).GroupBy(failures => failures.Status))
        {
            operation.Responses![failures.Key.ToString(CultureInfo.InvariantCulture)] = ErrorAnswer(
                failures.Key,
                [.. failures.SelectMany(failure => failure.Codes).Distinct().Order(StringComparer.Ordinal)],
                context.Document
            );
        }

        var byStatus = operation.Responses!.OrderBy(answer => answer.Key, StringComparer.Ordinal).ToList();
        operation.Responses = [];
        byStatus.ForEach(answer => operation.Responses.Add(answer.Key, answer.Value));
    }

    private static OpenApiResponse ErrorAnswer(int status, string[] codes, OpenApiDocument? document)
    {
        var answer = new OpenApiResponse
        {
            Description =
                $"{(codes.Length == 1 ? "The code" : "One of the codes")} {string.Join(", ", codes.Select(code => $"`{code}`"))}.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference("Problem", document) },
            },
            Extensions = new Dictionary<string, IOpenApiExtension>
            {
                ["x-error-codes"] = new JsonNodeExtension(JsonSerializer.SerializeToNode(codes)!),
            },
        };
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            answer.Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["Retry-After"] = new OpenApiHeader
                {
                    Description = "After how many seconds to try again.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
                },
            };
        }

        return answer;
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

    // Any one of them is enough.
    private static void Secure(OpenApiOperation operation, Proof[] proofs, OpenApiDocument? document)
    {
        if (proofs is [])
        {
            return;
        }

        operation.Security =
        [
            .. proofs.Select(proof => new OpenApiSecurityRequirement
            {
                [new(JsonNamingPolicy.CamelCase.ConvertName(proof.ToString()), document)] = [],
            }),
        ];
        if (proofs.Contains(Proof.Token))
        {
            // None is needed while tokens are off.
            operation.Security.Add([]);
        }
    }
}
