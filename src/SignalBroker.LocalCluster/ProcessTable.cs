using System.Globalization;

namespace SignalBroker.LocalCluster;

/// <summary>What /proc says about running processes.</summary>
internal static class ProcessTable
{
    private const char Stopped = 'T';
    private const char Zombie = 'Z';

    /// <summary>The process itself, its children, their children and so on.</summary>
    public static IReadOnlyList<int> Tree(int root)
    {
        var children = Directory
            .EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0)
            .Select(id => (Id: id, Stat: Read(id)))
            .Where(process => process.Stat is not null)
            .ToLookup(process => process.Stat!.Value.Parent, process => process.Id);

        List<int> tree = [root];
        for (var next = 0; next < tree.Count; next++)
        {
            tree.AddRange(children[tree[next]]);
        }

        return tree;
    }

    public static bool IsAlive(int id) => Read(id) is { State: not Zombie };

    public static bool IsStopped(int id) => Read(id) is { State: Stopped };

    private static (char State, int Parent)? Read(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            // The name in parentheses may hold anything, so the fields are counted from its end.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 3);
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
