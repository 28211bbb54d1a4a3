namespace SignalBroker.Storm.Clients;

/// <summary>The connections to one or more servers; whoever sends takes an idle one and gives it back.</summary>
public sealed class HttpPool(IReadOnlyList<Uri> servers, SourceAddresses sources) : IAsyncDisposable
{
    private readonly Lock taking = new();
    private readonly Stack<HttpConnection>[] idle = [.. servers.Select(_ => new Stack<HttpConnection>())];
    private readonly List<HttpConnection> all = [];
    private int next;
    private bool disposed;

    /// <summary>A pool for one server.</summary>
    public HttpPool(Uri server, SourceAddresses sources)
        : this([server], sources) { }

    /// <summary>The servers, among which the requests take turns.</summary>
    public IReadOnlyList<Uri> Servers => servers;

    /// <summary>How many connections there are, idle or not.</summary>
    public int Count
    {
        get
        {
            lock (taking)
            {
                return all.Count;
            }
        }
    }

    /// <summary>An idle connection to the server whose turn it is, or a new one. Give it back.</summary>
    public HttpConnection Take() => Take((int)((uint)Interlocked.Increment(ref next) % (uint)servers.Count));

    /// <summary>An idle connection to one of the servers, or a new one. Give it back.</summary>
    public HttpConnection Take(int server)
    {
        lock (taking)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (idle[server].TryPop(out var connection))
            {
                return connection;
            }

            connection = new HttpConnection(servers[server], sources);
            all.Add(connection);
            return connection;
        }
    }

    /// <summary>Takes a connection back, for the next one who needs it.</summary>
    public void Give(HttpConnection connection)
    {
        lock (taking)
        {
            for (var server = 0; server < servers.Count; server++)
            {
                if (ReferenceEquals(servers[server], connection.Server))
                {
                    idle[server].Push(connection);
                    return;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (taking)
        {
            disposed = true;
        }

        foreach (var connection in all)
        {
            await connection.DisposeAsync();
        }
    }
}
