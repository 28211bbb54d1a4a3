using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SignalBroker.Hosting;

namespace SignalBroker.Tests.Harness;

/// <summary>The summaries that the webapp's code has, as Markdown on one line.</summary>
internal sealed partial class XmlComments
{
    private readonly Dictionary<string, XElement> summaries = XDocument
        .Load(Path.ChangeExtension(typeof(Startup).Assembly.Location, ".xml"))
        .Descendants("member")
        .Where(member => member.Element("summary") is not null)
        .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")!);

    /// <summary>A type's summary; empty when it has none.</summary>
    public string Of(Type type) => Of($"T:{type.FullName}");

    /// <summary>The summary of a property, or of an enumeration's value; empty when it has none.</summary>
    public string Of(MemberInfo member) =>
        Of($"{(member is PropertyInfo ? 'P' : 'F')}:{member.DeclaringType!.FullName}.{member.Name}");

    private string Of(string name) =>
        summaries.TryGetValue(name, out var summary)
            ? Space().Replace(string.Concat(summary.Nodes().Select(Write)), " ").Trim()
            : "";

    private static string Write(XNode node) =>
        node switch
        {
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            XElement code => $"`{code.Value}`",
            _ => "",
        };

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Space();
}
