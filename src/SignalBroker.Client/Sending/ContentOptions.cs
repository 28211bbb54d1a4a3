using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Client.Sending;

/// <summary>How content is written as JSON by reflection: in camelCase, and never as <c>{}</c> what has more to say.</summary>
[RequiresUnreferencedCode("It finds the content's members by reflection.")]
[RequiresDynamicCode("It finds the content's members by reflection.")]
internal static class ContentOptions
{
    /// <summary>The options; each type is looked at once.</summary>
    public static JsonSerializerOptions Value { get; } =
        new(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RefuseWhatWouldBeLost } },
        };

    // JSON takes properties only, so that a tuple arrived as nothing. A polymorphic base is written as what derives from it.
    private static void RefuseWhatWouldBeLost(JsonTypeInfo type)
    {
        if (
            type is { Kind: JsonTypeInfoKind.Object, Properties.Count: 0, PolymorphismOptions: null }
            && HasFields(type.Type)
        )
        {
            throw new NotSupportedException(
                $"{type.Type} has no public properties, so that it would arrive as {{}}: send an object that has, such as an anonymous one."
            );
        }
    }

    private static bool HasFields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length > 0;
}
