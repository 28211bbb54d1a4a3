using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Http;

/// <summary>Writes an enumeration's values in camel case, like all other names on the wire.</summary>
internal sealed class CamelCaseEnum<T>()
    : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
