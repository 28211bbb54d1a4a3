using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Storm.Pokes;

/// <summary>What the controller sends to a client, as the content of a signal of the type <c>poke</c>.</summary>
/// <param name="Id">The poke's name, which its answer repeats.</param>
/// <param name="Ts">When it was sent: milliseconds since 1970.</param>
/// <param name="Depth">A power of two: how many leaves the tree has from here on; null for a poke outside trees.</param>
/// <param name="TreeId">The tree, if it is one's.</param>
public sealed record Poke(string Id, double Ts, int? Depth = null, string? TreeId = null)
{
    /// <summary>The type of such a signal.</summary>
    public const string Type = "poke";
}

/// <summary>What a client answers to each poke, as the content of a signal of the type <c>pokeBack</c>.</summary>
/// <param name="Delay">The client's time minus the poke's, in milliseconds.</param>
public sealed record PokeBack(string Id, double Delay, double ServerTs, int? Depth = null, string? TreeId = null)
{
    /// <summary>The type of such a signal.</summary>
    public const string Type = "pokeBack";
}

/// <summary>What of an envelope matters here.</summary>
/// <param name="From">The sender, as the server authenticated it.</param>
public sealed record PokeEnvelope(string? From, string? FromSession, string? Type, JsonElement Content)
{
    /// <summary>Reads an envelope; null for anything else.</summary>
    public static PokeEnvelope? Read(ReadOnlySpan<byte> envelope)
    {
        try
        {
            return JsonSerializer.Deserialize(envelope, PokeJson.Default.PokeEnvelope);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The content, if it is a poke.</summary>
    public Poke? AsPoke() => Type == Poke.Type ? Read(PokeJson.Default.Poke) : null;

    /// <summary>The content, if it is an answer to one.</summary>
    public PokeBack? AsPokeBack() => Type == PokeBack.Type ? Read(PokeJson.Default.PokeBack) : null;

    private T? Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Content.Deserialize(type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>How pokes are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(Poke))]
[JsonSerializable(typeof(PokeBack))]
[JsonSerializable(typeof(PokeEnvelope))]
internal sealed partial class PokeJson : JsonSerializerContext;
