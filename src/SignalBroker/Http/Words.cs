using System.Text.Json;

namespace SignalBroker.Http;

/// <summary>An enumeration's values as on the wire.</summary>
internal static class Words
{
    public static IReadOnlyList<string> Of(Type type) =>
        [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)];
}
