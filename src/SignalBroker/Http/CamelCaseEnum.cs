using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Http;

/// <summary>Writes an enumeration's values as all other names on the wire are written.</summary>
internal sealed class CamelCaseEnum<T>()
    : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
