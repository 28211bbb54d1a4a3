using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Storm.Planning;

/// <summary>What one signal, one connect and one listener cost each server, as they were measured.</summary>
/// <remarks>
/// <c>make bench</c> writes them to <c>docs/performance/unit-costs.*.json</c>, a file for each protocol by which listeners
/// listen; <c>storm plan</c> computes with them.
/// </remarks>
public sealed record UnitCosts
{
    /// <summary>Where and when it was measured.</summary>
    public required MeasuredOn MeasuredOn { get; init; }

    /// <summary>The size of a signal's content in the measurement, in bytes.</summary>
    public required double SignalBytes { get; init; }

    /// <summary>The node's CPU time for a signal to one session, in µs.</summary>
    public required double BrokerCpuMicrosecondsPerSignal { get; init; }

    /// <summary>The webapp's CPU time for a signal to one session, in µs.</summary>
    public required double WebappCpuMicrosecondsPerSignal { get; init; }

    /// <summary>PostgreSQL's CPU time for a signal, all its processes together, in µs.</summary>
    public required double PostgresCpuMicrosecondsPerSignal { get; init; }

    /// <summary>The node's CPU time for a session from the socket to the subscription, in µs.</summary>
    public required double BrokerCpuMicrosecondsPerConnect { get; init; }

    /// <summary>The webapp's CPU time for a session from <c>/connect</c> to the ack, in µs.</summary>
    public required double WebappCpuMicrosecondsPerConnect { get; init; }

    /// <summary>PostgreSQL's CPU time for a session from its row to its ack, in µs.</summary>
    public required double PostgresCpuMicrosecondsPerConnect { get; init; }

    /// <summary>What a listener adds to the node's resident memory, in KiB.</summary>
    public required double NodeKiBPerListener { get; init; }

    /// <summary>The node's resident memory without listeners, in MiB.</summary>
    public required double NodeMiBEmpty { get; init; }

    /// <summary>The Erlang processes that a listener adds to the node.</summary>
    public required double NodeErlangProcessesPerListener { get; init; }

    /// <summary>What a session adds to the database, indexes included, in bytes.</summary>
    public required double PostgresBytesPerSession { get; init; }

    /// <summary>Writes the costs to a file, over what was there.</summary>
    public async Task WriteAsync(string path)
    {
        await using var file = File.Create(path);
        await JsonSerializer.SerializeAsync(file, this, UnitCostsJson.Default.UnitCosts);
        file.WriteByte((byte)'\n');
    }

    /// <summary>Reads costs from a file.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="JsonException">It does not hold costs, or some that can't be.</exception>
    public static async Task<UnitCosts> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return await ReadAsync(file);
    }

    /// <summary>Reads the costs that this program was built with.</summary>
    /// <param name="protocol"><c>mqtt</c> or <c>stomp</c>.</param>
    public static async Task<UnitCosts> ReadDefaultAsync(string protocol)
    {
        await using var resource = typeof(UnitCosts).Assembly.GetManifestResourceStream(NameOf(protocol))!;
        return await ReadAsync(resource);
    }

    /// <summary>The name of the file with the costs by a protocol.</summary>
    public static string NameOf(string protocol) => $"unit-costs.{protocol}.json";

    private static async Task<UnitCosts> ReadAsync(Stream stream)
    {
        using var json = await JsonDocument.ParseAsync(stream);
        var costs = json.Deserialize(UnitCostsJson.Default.UnitCosts) ?? throw new JsonException("There are no costs.");
        foreach (var cost in json.RootElement.EnumerateObject())
        {
            // Signals may well cost PostgreSQL next to nothing: look-ups are cached.
            var mayBeZero = cost.NameEquals("postgresCpuMicrosecondsPerSignal");
            if (
                cost.Value.ValueKind == JsonValueKind.Number
                && cost.Value.GetDouble() is var value
                && (value < 0 || (value == 0 && !mayBeZero))
            )
            {
                throw new JsonException($"{cost.Name} must be above 0.");
            }
        }

        return costs;
    }
}

/// <summary>Where and when costs were measured.</summary>
/// <param name="Machine">The processor, its cores and the memory, in words.</param>
/// <param name="Protocol">What the listeners listened by, in words.</param>
/// <param name="Versions">The version of each server, by its name.</param>
public sealed record MeasuredOn(
    string Machine,
    DateOnly Date,
    string Protocol,
    IReadOnlyDictionary<string, string> Versions
);

/// <summary>How costs are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(UnitCosts))]
public sealed partial class UnitCostsJson : JsonSerializerContext;
