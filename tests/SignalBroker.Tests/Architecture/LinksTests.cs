using System.Text.RegularExpressions;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Architecture;

/// <summary>Every link in the documentation that stays within the project leads somewhere.</summary>
public sealed partial class LinksTests
{
    private static readonly string[] Elsewhere = ["http:", "https:", "mailto:"];
    private static readonly string[] Built = ["node_modules", "bin", "obj", "dist", ".local", "artifacts"];

    public static TheoryData<string> Pages => [.. FindPages(Repository.Root).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Its_links_lead_somewhere(string page)
    {
        var file = Path.Combine(Repository.Root, page);
        var links = Link().Matches(Inline().Replace(WithoutFences(file), "")).Select(link => link.Groups["to"].Value);

        links.Where(link => !Array.Exists(Elsewhere, link.StartsWith) && !Exists(file, link)).ShouldBeEmpty();
    }

    [Fact]
    public void The_first_page_is_short() =>
        File.ReadLines(Path.Combine(Repository.Root, "README.md")).Count().ShouldBeLessThanOrEqualTo(120);

    private static bool Exists(string from, string link)
    {
        var (path, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
        var target = path.Length == 0 ? from : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(from)!, path));
        return anchor is null ? Path.Exists(target) : File.Exists(target) && AnchorsOf(target).Contains(anchor);
    }

    // As GitHub makes them of headings, and those that are written out.
    private static HashSet<string> AnchorsOf(string file)
    {
        var text = WithoutFences(file);
        return
        [
            .. Heading()
                .Matches(text)
                .Select(heading => NoLetter().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), ""))
                .Select(heading => heading.Replace(' ', '-')),
            .. Named().Matches(text).Select(anchor => anchor.Groups["name"].Value),
        ];
    }

    private static string WithoutFences(string file) => Fence().Replace(File.ReadAllText(file), "");

    private static IEnumerable<string> FindPages(string folder) =>
        Directory
            .EnumerateFiles(folder, "*.md")
            .Concat(
                Directory
                    .EnumerateDirectories(folder)
                    .Where(child => !Built.Contains(Path.GetFileName(child)))
                    .SelectMany(FindPages)
            )
            .Select(page => Path.GetRelativePath(Repository.Root, Path.Combine(Repository.Root, page)));

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{Nd} _-]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoLetter();

    [GeneratedRegex("<a id=\"(?<name>[^\"]+)\">", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Named();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]+`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inline();
}
