using System.Reflection;
using System.Text.RegularExpressions;
using ArchUnitNET.Loader;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Architecture;

/// <summary>Folders use only those below them, as the tables in CONTRIBUTING.md say, without exceptions.</summary>
public sealed partial class StaircaseTests
{
    [Theory]
    [InlineData("SignalBroker")]
    [InlineData("SignalBroker.Client")]
    [InlineData("SignalBroker.Storm")]
    public void Each_step_of_the_table_names_only_lower_ones(string project)
    {
        var steps = ReadSteps(project);

        for (var step = 0; step < steps.Count; step++)
        {
            var below = steps.Skip(step + 1).Select(lower => lower.Folder).ToList();
            steps[step].Uses.ShouldBeSubsetOf(below, steps[step].Folder);
        }
    }

    [Theory]
    [InlineData("SignalBroker", "SignalBroker.dll")]
    [InlineData("SignalBroker.Client", "SignalBroker.Client.dll")]
    [InlineData("SignalBroker.Storm", "storm.dll")]
    public void The_code_uses_what_the_table_says_and_nothing_else(string project, string assembly)
    {
        var found = FindArrows(project, assembly);
        var steps = ReadSteps(project);
        var allowed = steps.SelectMany(step => step.Uses.Select(used => (step.Folder, used))).ToHashSet();

        found.Where(arrow => !allowed.Contains(arrow.Key)).SelectMany(arrow => arrow.Value).Order().ShouldBeEmpty();
        allowed.Where(arrow => !found.ContainsKey(arrow)).ShouldBeEmpty("what nobody uses goes from the table");
        steps.Select(step => step.Folder).ShouldBe(FoldersOf(project), ignoreOrder: true);
    }

    // Each arrow between two folders, with the types at its ends.
    private static Dictionary<(string From, string To), SortedSet<string>> FindArrows(string project, string assembly)
    {
        var built = Path.Combine(Repository.Root, "src", project, "bin", Repository.Configuration, "net10.0", assembly);
        var arrows = new Dictionary<(string From, string To), SortedSet<string>>();
        var folders = ReadFolders(project);
        foreach (var type in new ArchLoader().LoadAssembly(Assembly.LoadFrom(built)).Build().Types)
        {
            foreach (var target in type.Dependencies.Select(dependency => dependency.Target))
            {
                if (
                    folders.TryGetValue(OutermostOf(type.FullName), out var from)
                    && folders.TryGetValue(OutermostOf(target.FullName), out var to)
                    && from != to
                )
                {
                    if (!arrows.TryGetValue((from, to), out var ends))
                    {
                        arrows.Add((from, to), ends = []);
                    }

                    ends.Add($"{from} → {to}: {type.Name} uses {target.Name}");
                }
            }
        }

        return arrows;
    }

    // The folders that types are declared in, whatever their namespace; without those beside the folders, which wire them.
    private static Dictionary<string, string> ReadFolders(string project)
    {
        var folders = new Dictionary<string, string>();
        foreach (var folder in FoldersOf(project))
        {
            var files = Directory.EnumerateFiles(
                Path.Combine(Repository.Root, "src", project, folder),
                "*.cs",
                SearchOption.AllDirectories
            );
            foreach (var text in files.Select(File.ReadAllText))
            {
                var space = Space().Match(text).Groups["name"].Value;
                foreach (Match type in Declared().Matches(text))
                {
                    folders[$"{space}.{type.Groups["name"].Value}"] = folder;
                }
            }
        }

        return folders;
    }

    private static string OutermostOf(string type) => type.Split('+', '`', '/', '<')[0];

    private static IEnumerable<string> FoldersOf(string project) =>
        Directory
            .EnumerateDirectories(Path.Combine(Repository.Root, "src", project))
            .Where(folder => Directory.EnumerateFiles(folder, "*.cs").Any())
            .Select(folder => Path.GetFileName(folder)!)
            .Except(["bin", "obj"]);

    private static List<(string Folder, string[] Uses)> ReadSteps(string project) =>
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "CONTRIBUTING.md"))
                .SkipWhile(line => line != $"```staircase {project}")
                .Skip(1)
                .TakeWhile(line => line != "```")
                .Select(line => line.Split([' ', '→'], StringSplitOptions.RemoveEmptyEntries))
                .Select(words => (words[0], words[1..])),
        ];

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Space();

    [GeneratedRegex(
        @"^(?:[a-z]+ )*(?:class|struct|record|interface|enum) (?<name>[A-Z]\w*)",
        RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Declared();
}
