using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Http;

/// <summary>The API's description says everything that a program needs; docs/reference/openapi.json is a copy of it.</summary>
public sealed partial class OpenApiTests(TestCluster cluster)
{
    private static readonly string Reference = Path.Combine(Repository.Root, "docs", "reference");

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public async Task The_documentation_has_a_copy()
    {
        var document = await ReadAsync();
        // Those of this very run.
        document.Remove("servers");

        await Generated.FileAsync(Path.Combine(Reference, "openapi.json"), document.ToJsonString(Readable) + "\n");
    }

    [Fact]
    public async Task Every_operation_has_an_id_of_its_own_and_says_what_it_does()
    {
        var operations = OperationsOf(await ReadAsync());

        operations.Select(operation => (string)operation.Value["operationId"]!).ShouldBeUnique();
        operations.Where(operation => !Says(operation.Value, "summary", "description")).Select(Name).ShouldBeEmpty();
        operations
            .Where(operation => operation.Value["tags"] is not JsonArray { Count: 1 })
            .Select(Name)
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_parameter_and_every_property_says_what_it_is()
    {
        var document = await ReadAsync();
        var properties =
            from schema in SchemasOf(document)
            from property in schema.Value!["properties"]?.AsObject() ?? []
            where !Says(Resolve(document, property.Value!), "description") && !Says(property.Value!, "description")
            select $"{schema.Key}.{property.Key}";
        var parameters =
            from operation in OperationsOf(document)
            from parameter in operation.Value["parameters"]?.AsArray() ?? []
            where !Says(parameter!, "description")
            select $"{operation.Name} {parameter["name"]}";

        properties.ShouldBeEmpty();
        parameters.ShouldBeEmpty();
        SchemasOf(document)
            .Where(schema => !Says(schema.Value!, "description"))
            .Select(schema => schema.Key)
            .ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_word_of_an_enumeration_says_what_it_means() =>
        SchemasOf(await ReadAsync())
            .SelectMany(schema => ((string)schema.Value!["description"]!).Split('\n'))
            .Where(line => line.TrimEnd().EndsWith("`:", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public async Task Every_error_says_with_which_codes()
    {
        var document = await ReadAsync();
        var silent =
            from operation in OperationsOf(document)
            from answer in operation.Value["responses"]!.AsObject()
            where answer.Value!["content"]?["application/problem+json"] is not null
            where answer.Value["x-error-codes"] is not JsonArray { Count: > 0 }
            select $"{operation.Name} {answer.Key}";

        silent.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_lists_the_very_codes_that_the_code_and_the_page_about_errors_have()
    {
        var listed = SchemasOf(await ReadAsync())["ErrorCode"]!["enum"]!
            .AsArray()
            .Select(code => (string)code!)
            .ToList();
        // The one that there is through the socket only.
        string[] known = [.. listed, "user-id-missing"];
        var sources = Directory.EnumerateFiles(
            Path.Combine(Repository.Root, "src", "SignalBroker"),
            "*.cs",
            SearchOption.AllDirectories
        );
        var page = await File.ReadAllTextAsync(
            Path.Combine(Reference, "errors.md"),
            TestContext.Current.CancellationToken
        );

        sources.SelectMany(file => Made().Matches(File.ReadAllText(file))).Select(CodeOf).ShouldBeSubsetOf(known);
        Row().Matches(page).Select(CodeOf).ShouldBe(known, ignoreOrder: true);

        static string CodeOf(Match match) => match.Groups["code"].Value;
    }

    [Fact]
    public async Task Its_examples_are_what_they_are_examples_of()
    {
        var document = await ReadAsync();
        var contents =
            from operation in OperationsOf(document)
            from body in operation.Value["responses"]!
                .AsObject()
                .Select(answer => answer.Value)
                .Append(operation.Value["requestBody"])
            from content in body?["content"]?.AsObject() ?? []
            where content.Key is "application/json"
            select (operation.Name, Schema: content.Value!["schema"]!, Example: content.Value["example"]);
        contents.Count().ShouldBeGreaterThan(20);

        foreach (var (name, schema, example) in contents)
        {
            example.ShouldNotBeNull(name);
            Check(document, schema, example, name);
        }
    }

    private static void Check(JsonObject document, JsonNode schema, JsonNode? example, string where)
    {
        var resolved = Resolve(document, schema);
        switch (example)
        {
            case JsonObject members when resolved["properties"] is JsonObject properties:
                members
                    .Select(member => member.Key)
                    .ShouldBeSubsetOf(properties.Select(property => property.Key), where);
                (resolved["required"]?.AsArray() ?? [])
                    .Select(member => (string)member!)
                    .ShouldBeSubsetOf(members.Select(member => member.Key), where);
                foreach (var (name, value) in members)
                {
                    Check(document, properties[name]!, value, $"{where} {name}");
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Check(document, resolved["items"]!, item, $"{where}[]");
                }

                break;
            case JsonValue value when resolved["enum"] is JsonArray words:
                words.Select(word => (string)word!).ShouldContain((string)value!, where);
                break;
            case JsonValue value
                when (string?)resolved["pattern"] is { } pattern && value.GetValueKind() == JsonValueKind.String:
                ((string)value!).ShouldMatch(pattern, where);
                break;
            default:
                break;
        }
    }

    private async Task<JsonObject> ReadAsync() =>
        JsonNode.Parse((await cluster.Api.GetAsync("/openapi/v1.json")).Body)!.AsObject();

    private static List<(string Name, JsonObject Value)> OperationsOf(JsonObject document) =>
        [
            .. from path in document["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            select ($"{operation.Key.ToUpperInvariant()} {path.Key}", operation.Value!.AsObject()),
        ];

    private static JsonObject SchemasOf(JsonObject document) => document["components"]!["schemas"]!.AsObject();

    // What may be missing is one of null and the thing itself.
    private static JsonNode Resolve(JsonObject document, JsonNode schema) =>
        (string?)schema["$ref"] is { } reference ? SchemasOf(document)[reference.Split('/')[^1]]!
        : schema["oneOf"] is JsonArray choices
            ? Resolve(document, choices.First(choice => choice!["$ref"] is not null)!)
        : schema;

    private static bool Says(JsonNode what, params string[] members) =>
        Array.TrueForAll(members, member => !string.IsNullOrWhiteSpace((string?)what[member]));

    private static string Name((string Name, JsonObject Value) operation) => operation.Name;

    [GeneratedRegex(
        "Status\\d{3}\\w+,\\s*\"(?<code>[a-z-]+)\"",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Made();

    [GeneratedRegex(
        @"^\| \d{3} \| `(?<code>[a-z-]+)` \|",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Row();
}
