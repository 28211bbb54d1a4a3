using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Client.Http;

/// <summary>Reads the server's word for a value; zero for a word that this library does not know.</summary>
internal sealed class Word<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Enum.TryParse(reader.GetString(), ignoreCase: true, out T value) && Enum.IsDefined(value) ? value : default;

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));
}
