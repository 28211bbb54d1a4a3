using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace SignalBroker.Http;

/// <summary>Examples of bodies for the API's description: <c>examples.json</c>, by their schemas' names.</summary>
/// <remarks>What an answer has beyond its schema's example is under the operation's id and the status.</remarks>
internal static class Examples
{
    /// <exception cref="InvalidOperationException">A body has no example.</exception>
    public static void AddTo(OpenApiDocument document)
    {
        using var file = typeof(Examples).Assembly.GetManifestResourceStream("SignalBroker.Http.examples.json")!;
        var examples = JsonNode.Parse(file)!.AsObject();
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations!.Values))
        {
            Add(operation.RequestBody?.Content, more: null);
            foreach (var (status, answer) in operation.Responses!)
            {
                Add(answer.Content, examples[$"{operation.OperationId} {status}"]?.AsObject());
            }
        }

        void Add(IDictionary<string, OpenApiMediaType>? contents, JsonObject? more)
        {
            foreach (var (type, body) in contents ?? new Dictionary<string, OpenApiMediaType>())
            {
                if (type is RequestBody.Json or RequestBody.Form)
                {
                    body.Example = ExampleOf(body.Schema!);
                    foreach (var (name, value) in more ?? [])
                    {
                        body.Example[name] = value!.DeepClone();
                    }
                }
            }
        }

        JsonNode ExampleOf(IOpenApiSchema schema) =>
            schema is OpenApiSchemaReference { Reference.Id: { } name }
                ? examples[name]?.DeepClone() ?? throw new InvalidOperationException($"examples.json has no {name}.")
                : new JsonArray(ExampleOf(schema.Items!));
    }
}
