using System.Diagnostics;
using System.Net.Sockets;
using SignalBroker.Client;
using SignalBroker.LocalCluster;

// What one .NET client costs: usage: SignalBroker.ClientMemory [clients] [own-sockets]
var count = args is [{ } text, ..] ? int.Parse(text) : 2000;
var ownSockets = args is [_, "own-sockets"];
const int WarmUp = 50;
const int AtOnce = 16;

await using var cluster = await Cluster.StartAsync(
    new ClusterOptions
    {
        Nodes = 1,
        // Nothing of the servers runs in this process.
        WithoutBalancer = true,
        NodeCapacity = 20_000,
        WebappSettings = NoLimits.PerDay,
        Progress = Console.Error.WriteLine,
    }
);
var url = new Uri(cluster.Webapps[0].PublicAddress);
var clients = new List<SignalBrokerClient>();

// What the first clients share (compiled code, pools, connections) is not counted.
await ConnectAsync(WarmUp);
var before = Measure();
var watch = Stopwatch.StartNew();
await ConnectAsync(count);
var took = watch.Elapsed;
await HeardAsync("idle");
var idle = Measure();
Console.WriteLine($"listening by {(clients[0].State as ClientState.Listening)?.Protocol}");
Report("idle listener", idle, before);
Console.WriteLine($"connected: {count / took.TotalSeconds:0} per second, on the machine that runs the servers");

using var reading = new CancellationTokenSource();
var readers = clients.ConvertAll(client => ReadAsync(client, reading.Token));
await clients[0].SendAsync(clients[0].UserId, "first", cancellationToken: CancellationToken.None);
Report("with a reader that waits", Measure(), before);

var cpu = Environment.CpuUsage.TotalTime;
watch.Restart();
await HeardAsync("beats", TimeSpan.FromSeconds(30));
var perBeat = (Environment.CpuUsage.TotalTime - cpu) / watch.Elapsed * 10 / clients.Count;
Console.WriteLine($"heart-beats each way every 10 s: {perBeat * 1e6:0} µs of CPU time for each pair");

foreach (var client in clients)
{
    if (client.State is not ClientState.Listening)
    {
        throw new InvalidOperationException($"A client does not listen: {client.State}");
    }
}

await reading.CancelAsync();
await Task.WhenAll(readers);
await Parallel.ForEachAsync(
    clients,
    new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
    (client, _) => client.DisposeAsync()
);

async Task ConnectAsync(int more)
{
    var connected = 0;
    await Parallel.ForEachAsync(
        Enumerable.Range(clients.Count, more),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (number, cancellationToken) =>
        {
            var client = await SignalBrokerClient.ConnectAsync(
                new()
                {
                    Url = url,
                    UserId = $"user{number}",
                    OpenSocket = ownSockets ? OpenSocketAsync : null,
                },
                cancellationToken
            );
            lock (clients)
            {
                clients.Add(client);
            }

            if (Interlocked.Increment(ref connected) % 500 == 0)
            {
                await Console.Error.WriteLineAsync($"{connected} connected");
            }
        }
    );
}

static async ValueTask<Stream> OpenSocketAsync(Uri address, CancellationToken cancellationToken)
{
    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
    return new NetworkStream(socket, ownsSocket: true);
}

static async Task HeardAsync(string what, TimeSpan? time = null)
{
    await Console.Error.WriteLineAsync($"measuring: {what}");
    await Task.Delay(time ?? TimeSpan.FromSeconds(12), TimeProvider.System, CancellationToken.None);
}

static async Task ReadAsync(SignalBrokerClient client, CancellationToken cancellationToken)
{
    try
    {
        await foreach (var _ in client.ReadSignalsAsync(cancellationToken)) { }
    }
    catch (OperationCanceledException)
    {
        // The end of the measurement.
    }
}

static (long Managed, long Resident) Measure()
{
    GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    GC.WaitForPendingFinalizers();
    GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    return (GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet);
}

void Report(string what, (long Managed, long Resident) now, (long Managed, long Resident) since) =>
    Console.WriteLine(
        $"{what}: {(now.Managed - since.Managed) / 1024.0 / count:0.0} KiB on the managed heap, "
            + $"{(now.Resident - since.Resident) / 1024.0 / count:0.0} KiB resident in all"
    );
