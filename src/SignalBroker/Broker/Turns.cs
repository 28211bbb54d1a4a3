namespace SignalBroker.Broker;

/// <summary>Does what belongs to one key one after the other, and the rest at the same time.</summary>
internal sealed class Turns
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Line> lines = [];

    /// <summary>Does something in its key's turn.</summary>
    /// <param name="work">What is done; it must not throw.</param>
    public void Add(string key, Func<Task> work)
    {
        lock (gate)
        {
            if (lines.TryGetValue(key, out var line))
            {
                line.Waiting.Enqueue(work);
                return;
            }

            line = new Line();
            lines.Add(key, line);
            line.Working = Task.Run(() => WorkAsync(key, line, work));
        }
    }

    /// <summary>Waits until all is done that was added before.</summary>
    public Task DoneAsync()
    {
        lock (gate)
        {
            return Task.WhenAll(lines.Values.Select(line => line.Working));
        }
    }

    private async Task WorkAsync(string key, Line line, Func<Task> first)
    {
        for (var work = first; work is not null; work = Next(key, line))
        {
            await work();
        }
    }

    private Func<Task>? Next(string key, Line line)
    {
        lock (gate)
        {
            if (line.Waiting.TryDequeue(out var work))
            {
                return work;
            }

            lines.Remove(key);
            return null;
        }
    }

    private sealed class Line
    {
        public Queue<Func<Task>> Waiting { get; } = new();
        public Task Working { get; set; } = Task.CompletedTask;
    }
}
