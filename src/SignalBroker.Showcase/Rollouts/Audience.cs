using System.Diagnostics;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>People who write to each other at a steady rate, whatever happens to the servers.</summary>
/// <remarks>
/// Half of the signals go to all in turn, and half to one in a hundred, so that some are under way at every moment of a move. One
/// correspondence in ten is stored, which must survive even the loss of a node.
/// </remarks>
internal sealed class Audience : IAsyncDisposable
{
    private const int AtOnce = 32;
    private const int AllPerWatched = 100;
    private const int AllPerStored = 10;

    private readonly Person[] people;
    private readonly Correspondence[] toAll;
    private readonly Correspondence[] toWatched;
    private readonly CancellationTokenSource ending = new();
    private Task writing = Task.CompletedTask;
    private int written;
    private int received;

    private Audience(int count)
    {
        people = [.. Enumerable.Range(0, count).Select(_ => new Person())];
        toAll = [.. people.Select((person, index) => Write(index, people[(index + 7) % count], person))];
        toWatched =
        [
            .. people
                .Where((_, index) => index % AllPerWatched == 0)
                .Select(
                    (person, index) => Write(count + index, people[((index * AllPerWatched) + 13) % count], person)
                ),
        ];

        static Correspondence Write(int number, Person from, Person to) =>
            new(number, from, to, number % AllPerStored == 0);
    }

    public IReadOnlyList<Person> People => people;

    public IEnumerable<Correspondence> Correspondences => toAll.Concat(toWatched);

    /// <summary>Which act the signals are sent in.</summary>
    public int Act { get; set; }

    /// <summary>How many signals have been sent.</summary>
    public int Written => Volatile.Read(ref written);

    /// <summary>How many have come, doubled ones included.</summary>
    public int Received => Volatile.Read(ref received);

    public static async Task<Audience> ConnectAsync(Uri url, int count, CancellationToken cancellationToken)
    {
        var audience = new Audience(count);
        await Parallel.ForEachAsync(
            audience.people.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (person, token) => await person.Item.ConnectAsync(url, $"person{person.Index}", audience.Take, token)
        );
        return audience;
    }

    /// <summary>Begins to write.</summary>
    public void Begin(double perSecond) => writing = WriteAsync(perSecond);

    /// <summary>Writes nothing more, and waits for what is under way.</summary>
    /// <param name="patience">How long at most.</param>
    public async Task EndAsync(TimeSpan patience)
    {
        await ending.CancelAsync();
        await writing;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < patience && Correspondences.Any(each => each.Letters.Any(letter => letter.IsLost)))
        {
            await Task.Delay(TimeSpan.FromSeconds(0.2), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await Parallel.ForEachAsync(
            people,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (person, _) => await person.DisposeAsync()
        );
        ending.Dispose();
    }

    private async Task WriteAsync(double perSecond)
    {
        using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var watch = Stopwatch.StartNew();
        var underWay = new List<Task>();
        while (!ending.IsCancellationRequested)
        {
            for (; written < watch.Elapsed.TotalSeconds * perSecond; written++)
            {
                var turn = written / 2;
                underWay.Add(
                    (written % 2 == 0 ? toAll[turn % toAll.Length] : toWatched[turn % toWatched.Length]).SendAsync(Act)
                );
            }

            underWay.RemoveAll(task => task.IsCompletedSuccessfully);
            await beat.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(underWay);
    }

    private void Take(Client.Signal signal)
    {
        var (number, index) = Correspondence.Read(signal.Content);
        (number < toAll.Length ? toAll[number] : toWatched[number - toAll.Length]).Receive(index);
        Interlocked.Increment(ref received);
    }
}
