using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Client.Sending;

/// <summary>Writes content by reflection, in camelCase, and refuses types that would become <c>{}</c>.</summary>
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

    // Only properties are written, so a tuple would arrive empty. A polymorphic base is written as its derived type.
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
