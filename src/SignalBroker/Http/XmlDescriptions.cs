using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SignalBroker.Http;

/// <summary>What the code's own comments say of JSON bodies and settings; the compiler puts them beside the program.</summary>
/// <remarks>ASP.NET Core's generator for that overlooks what is wired in extension blocks.</remarks>
internal sealed partial class XmlDescriptions
{
    private readonly Dictionary<string, XElement> members;

    private XmlDescriptions(Dictionary<string, XElement> members) => this.members = members;

    /// <summary>Reads them; there are none where somebody has left the file out.</summary>
    public static XmlDescriptions Read()
    {
        var file = Path.ChangeExtension(typeof(XmlDescriptions).Assembly.Location, ".xml");
        return new(
            File.Exists(file)
                ? XDocument
                    .Load(file)
                    .Descendants("member")
                    // Methods, which nobody asks for, are most of them.
                    .Where(member => !member.Attribute("name")!.Value.StartsWith("M:", StringComparison.Ordinal))
                    .ToDictionary(member => member.Attribute("name")!.Value)
                : []
        );
    }

    /// <summary>What a type is; of an enumeration also what each word means.</summary>
    public string? Of(Type type) =>
        type.IsEnum
            ? string.Join(
                "\n",
                Enum.GetNames(type)
                    .Zip(Words.Of(type), (name, word) => $"- `{word}`: {Summary($"F:{NameOf(type)}.{name}")}")
                    .Prepend($"{Summary($"T:{NameOf(type)}")}\n")
            )
            : Summary($"T:{NameOf(type)}");

    /// <summary>What a member of a body is.</summary>
    public string? Of(JsonPropertyInfo member) =>
        member.AttributeProvider is PropertyInfo { DeclaringType: { } type } property
            ? Of(property) ?? Parameter(NameOf(type), property.Name)
            : null;

    /// <summary>What a property is, or a value of an enumeration.</summary>
    public string? Of(MemberInfo member) =>
        Summary($"{(member is PropertyInfo ? 'P' : 'F')}:{NameOf(member.DeclaringType!)}.{member.Name}");

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private string? Summary(string name) => Text(members.GetValueOrDefault(name)?.Element("summary"));

    // Of a record the constructor's parameters are described.
    private string? Parameter(string type, string name) =>
        Text(
            members
                .GetValueOrDefault($"T:{type}")
                ?.Elements("param")
                .FirstOrDefault(parameter => parameter.Attribute("name")?.Value == name)
        );

    private static string? Text(XElement? comment) =>
        comment is null ? null : Space().Replace(string.Concat(comment.Nodes().Select(Write)), " ").Trim();

    private static string Write(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")?.Value.Split('.')[^1]}`",
            XElement code => $"`{code.Value}`",
            _ => "",
        };

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Space();
}
