using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SignalBroker.Http;

/// <summary>The code's comments on endpoints, bodies and settings, from the file beside the program.</summary>
/// <remarks>ASP.NET Core's generator for that overlooks what is wired in extension blocks.</remarks>
internal sealed partial class XmlDescriptions
{
    private readonly Dictionary<string, XElement> members;

    private XmlDescriptions(Dictionary<string, XElement> members) => this.members = members;

    /// <summary>Reads them; there are none if the file is missing.</summary>
    public static XmlDescriptions Read()
    {
        var file = Path.ChangeExtension(typeof(XmlDescriptions).Assembly.Location, ".xml");
        return new(
            File.Exists(file)
                ? XDocument
                    .Load(file)
                    .Descendants("member")
                    // Without parameters: an endpoint's method has no overloads.
                    .DistinctBy(member => member.Attribute("name")!.Value.Split('(')[0])
                    .ToDictionary(member => member.Attribute("name")!.Value.Split('(')[0])
                : []
        );
    }

    /// <summary>What a type is; for an enumeration, also what each word means.</summary>
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

    /// <summary>What a property or a value of an enumeration is, or what a method does.</summary>
    public string? Of(MemberInfo member) => Summary(NameOf(member));

    /// <summary>What else there is to say of a method.</summary>
    public string? RemarksOf(MethodInfo method) => Text(members.GetValueOrDefault(NameOf(method))?.Element("remarks"));

    private static string NameOf(MemberInfo member) =>
        $"{member.MemberType.ToString()[0]}:{NameOf(member.DeclaringType!)}.{member.Name}";

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private string? Summary(string name) => Text(members.GetValueOrDefault(name)?.Element("summary"));

    // A record's comment is on its parameters.
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
