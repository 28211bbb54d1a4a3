using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Http;

/// <summary>Checks what a JSON reader does not: that members are spelled correctly and given once.</summary>
internal static class JsonMembers
{
    /// <summary>Checks a body and the objects in it.</summary>
    /// <exception cref="RefusedException">A member is misspelled, given twice or not one of its words.</exception>
    /// <exception cref="JsonException">It is not JSON, or nested too deeply.</exception>
    public static void Check(ReadOnlySpan<byte> json, JsonTypeInfo form)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
        reader.Read();
        CheckValue(ref reader, form, path: "");

        // Nothing but white space may follow.
        while (reader.Read()) { }
    }

    private static void CheckValue(ref Utf8JsonReader reader, JsonTypeInfo form, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject || form.Kind != JsonTypeInfoKind.Object)
        {
            reader.Skip();
            return;
        }

        var given = new HashSet<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var member = form.Properties.FirstOrDefault(member => member.Name == name);
            reader.Read();
            if (member is null)
            {
                MemberNames.RefuseVariant(name, form.Properties.Select(known => known.Name), path);
                reader.Skip();
                continue;
            }

            if (!given.Add(name))
            {
                throw MemberNames.GivenTwice(path + name);
            }

            if (member.PropertyType.IsEnum)
            {
                CheckWord(ref reader, member.PropertyType, path + name);
            }
            else
            {
                CheckValue(ref reader, form.Options.GetTypeInfo(member.PropertyType), $"{path}{name}.");
            }
        }
    }

    // The framework would also accept numbers, even meaningless ones.
    private static void CheckWord(ref Utf8JsonReader reader, Type type, string name)
    {
        var words = Words.Of(type);
        if (reader.TokenType != JsonTokenType.String || !words.Contains(reader.GetString()))
        {
            throw new RefusedException(Problem.InvalidWord(name, words));
        }
    }
}
