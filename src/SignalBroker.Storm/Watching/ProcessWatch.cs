using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Watching;

/// <summary>A process to watch, and the name to show it by.</summary>
public sealed record Watched(string Name, int ProcessId);

/// <summary>Processor time and memory of processes.</summary>
/// <param name="watched">Those that are watched with their children.</param>
/// <param name="generator">The load's own, without theirs: what it loads may be among these.</param>
internal sealed class ProcessWatch(IReadOnlyList<Watched> watched, IReadOnlyList<int> generator)
{
    private const string GeneratorName = "storm";

    /// <summary>What they have used until now, by name; a process that has ended is left out.</summary>
    public Dictionary<string, Use> Read()
    {
        var uses = new Dictionary<string, Use>();
        if (!OperatingSystem.IsLinux())
        {
            return uses;
        }

        foreach (var process in generator.Select(ProcessTimes.Read).OfType<ProcessTimes>())
        {
            uses[GeneratorName] = uses.GetValueOrDefault(GeneratorName).And(process.OwnCpu, process.ResidentKiB);
        }

        if (watched.Count == 0)
        {
            return uses;
        }

        var all = ProcessTimes.ReadAll();
        var children = all.ToLookup(process => process.Value.Parent, process => process.Key);
        foreach (var (name, root) in watched)
        {
            if (!all.ContainsKey(root))
            {
                continue;
            }

            // A child that ended has left its time with its parent, so the sum only grows.
            var use = uses.GetValueOrDefault(name);
            List<int> tree = [root];
            for (var next = 0; next < tree.Count; next++)
            {
                var process = all[tree[next]];
                // What children share with their parent, as PostgreSQL's do, is there only once.
                var memory = tree[next] == root ? process.ResidentKiB : ProcessTimes.UnsharedKiB(tree[next]);
                use = use.And(process.Cpu, memory);
                tree.AddRange(children[tree[next]]);
            }

            uses[name] = use;
        }

        return uses;
    }

    /// <summary>What a process has used.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Use(TimeSpan Cpu, long ResidentKiB)
    {
        public Use And(TimeSpan cpu, long residentKiB) => new(Cpu + cpu, ResidentKiB + residentKiB);
    }
}
