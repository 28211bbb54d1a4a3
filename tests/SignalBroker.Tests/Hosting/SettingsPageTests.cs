using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Hosting;

/// <summary>docs/reference/settings.md has every setting, as the options classes have it; <c>make docs-reference</c> writes it anew.</summary>
public sealed partial class SettingsPageTests
{
    private const string TableHead = "| key | type | default | range | meaning |\n|---|---|---|---|---|\n";

    private static readonly string Page = Path.Combine(Repository.Root, "docs", "reference", "settings.md");

    private static readonly XmlDescriptions Comments = XmlDescriptions.Read();

    // The classes of all sections; where one refines another, the finer one.
    private static readonly Dictionary<string, Type> Sections = typeof(Startup)
        .Assembly.GetTypes()
        .Where(type => SectionOf(type) is not null)
        .GroupBy(type => SectionOf(type)!)
        .ToDictionary(section => section.Key, section => section.MaxBy(type => type.GetProperties().Length)!);

    [Fact]
    public void It_has_a_table_for_each_section() =>
        Tables()
            .Matches(File.ReadAllText(Page))
            .Select(table => table.Groups["section"].Value)
            .ShouldBe(Sections.Keys, ignoreOrder: true);

    [Fact]
    public async Task Its_tables_say_what_the_code_says()
    {
        var page = await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken);

        await Generated.FileAsync(
            Page,
            Tables()
                .Replace(
                    page,
                    table => $"{table.Groups["begin"]}\n{TableOf(table.Groups["section"].Value)}<!-- end -->"
                )
        );
    }

    [Fact]
    public void Every_setting_says_what_it_means() =>
        Sections
            .Values.SelectMany(SettingsOf)
            .Where(setting => Comments.Of(setting) is null)
            .Select(setting => $"{setting.DeclaringType}.{setting.Name}")
            .ShouldBeEmpty();

    private static string? SectionOf(Type type) =>
        type.Name.EndsWith("Options", StringComparison.Ordinal)
            ? type.GetField("Section", BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)
                ?.GetRawConstantValue() as string
            : null;

    private static IEnumerable<PropertyInfo> SettingsOf(Type type) =>
        type.GetProperties().Where(property => property.CanWrite).OrderBy(property => property.MetadataToken);

    private static string TableOf(string section)
    {
        var type = Sections[section];
        var isEntry = Comments.Of(type)?.StartsWith("One entry under", StringComparison.Ordinal) == true;
        var defaults = Activator.CreateInstance(type)!;
        return TableHead
            + string.Concat(
                SettingsOf(type)
                    .Select(setting => RowOf($"{section}{(isEntry ? ":0" : "")}", setting, setting.GetValue(defaults)))
            );
    }

    private static string RowOf(string section, PropertyInfo setting, object? usual)
    {
        var isList = IsList(setting.PropertyType);
        var more = isList || section.EndsWith(":0", StringComparison.Ordinal) ? " …" : "";
        var key = $"`{section}:{setting.Name}{(isList ? ":0" : "")}`{more}";
        var cells = new[] { key, TypeOf(setting), UsualOf(setting, usual), RangeOf(setting), MeaningOf(setting) };
        return $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n";
    }

    private static string TypeOf(PropertyInfo setting) =>
        setting.PropertyType switch
        {
            var type when IsList(type) => "list",
            var type when type.IsDefined(typeof(FlagsAttribute)) => "words",
            { IsEnum: true } => "word",
            var type when type == typeof(bool) => "`true`, `false`",
            var type when type == typeof(TimeSpan) => "time",
            var type when type == typeof(Uri) => "address",
            var type when type == typeof(string) => "text",
            _ => "number",
        };

    private static string UsualOf(PropertyInfo setting, object? usual) =>
        usual switch
        {
            _ when setting.IsDefined(typeof(RequiredAttribute)) => "needed",
            null => "none",
            string text => $"`{text}`",
            IEnumerable => "none",
            bool isOn => isOn ? "`true`" : "`false`",
            _ => Write(usual),
        };

    private static string RangeOf(PropertyInfo setting)
    {
        var type = setting.PropertyType;
        if (type.IsEnum)
        {
            return string.Join(", ", WordsOf(type).Select(word => $"`{word.Name}`"));
        }

        return setting.GetCustomAttribute<RangeAttribute>() switch
        {
            { Maximum: int.MaxValue or >= (double)long.MaxValue } range => $"{Write(range.Minimum)} or more",
            { } range => $"{Write(range.Minimum)} to {Write(range.Maximum)}",
            null => "",
        };
    }

    // A library's words are described where they are used.
    private static string MeaningOf(PropertyInfo setting)
    {
        var words = setting.PropertyType is { IsEnum: true } type ? WordsOf(type) : [];
        var meanings = words
            .Select(word => (word.Name, Meaning: Comments.Of(word)))
            .Where(word => word.Meaning is not null);
        return string.Join(
            "<br>",
            meanings
                .Select(word => $"`{word.Name}`: {word.Meaning!.TrimEnd('.')}")
                .Prepend(Comments.Of(setting)!.TrimEnd('.'))
        );
    }

    // Nobody may choose the one that stands for none of the flags.
    private static IEnumerable<FieldInfo> WordsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(word => !type.IsDefined(typeof(FlagsAttribute)) || (int)word.GetRawConstantValue()! != 0);

    private static bool IsList(Type type) => type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable));

    private static string Write(object value) =>
        value switch
        {
            TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

    [GeneratedRegex(
        "(?<begin><!-- settings: (?<section>[A-Za-z:]+) -->)\n.*?<!-- end -->",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Tables();
}
