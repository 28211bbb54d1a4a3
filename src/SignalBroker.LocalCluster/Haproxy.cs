using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>A HAProxy before the webapps' public ports, which goes by their <c>/health/ready</c>.</summary>
public sealed class Haproxy : Part
{
    private const string File = "haproxy.cfg";

    private readonly string folder;
    private readonly int port;
    private readonly int statusPort;
    private readonly Func<IReadOnlyList<Webapp>> webapps;

    internal Haproxy(Run run, Func<IReadOnlyList<Webapp>> webapps)
        : base(run, "haproxy")
    {
        this.webapps = webapps;
        port = run.Ports.Next();
        statusPort = run.Ports.Next();
        folder = PrivateFiles.CreateFolder(run.DataFolder, "haproxy");
    }

    /// <summary>The webapps' address for clients.</summary>
    public string Address => $"http://127.0.0.1:{port}";

    /// <summary>Waits until it gives requests to the webapp.</summary>
    /// <remarks>One that has been replaced is found ready by the next check, which may be half a second away.</remarks>
    /// <exception cref="PartFailedException">It took as long as a start may take.</exception>
    public async Task UsesAsync(Webapp webapp, CancellationToken cancellationToken = default)
    {
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        while (
            StateOf(webapp, await http.GetStringAsync($"http://127.0.0.1:{statusPort}/;csv", cancellationToken)) != "UP"
        )
        {
            if (watch.Elapsed > StartLimit)
            {
                throw Failure($"{Name} did not find {webapp.Name} ready within {StartLimit.TotalSeconds:0} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }

    private static string? StateOf(Webapp webapp, string table)
    {
        string[][] rows = [.. table.Split('\n').Select(row => row.Split(','))];
        var row = rows.Single(row => row is ["webapps", var server, ..] && server == webapp.Name);
        return row[Array.IndexOf(rows[0], "status")];
    }

    private protected override Launch Describe() =>
        new("haproxy", "-db", "-f", Path.Combine(folder, File)) { LastSignal = Signal.Kill, WorkingFolder = folder };

    private protected override Task PrepareAsync(CancellationToken cancellationToken)
    {
        string[] lines =
        [
            "defaults",
            "  mode http",
            "  timeout connect 2s",
            // On a busy machine a webapp that is ready may say so late.
            "  timeout check 3s",
            // Longer than a stream of /listen is silent.
            "  timeout client 1m",
            "  timeout server 1m",
            "  option redispatch",
            "frontend status",
            $"  bind 127.0.0.1:{statusPort}",
            "  stats enable",
            "  stats uri /",
            "frontend public",
            $"  bind 127.0.0.1:{port}",
            "  default_backend webapps",
            "backend webapps",
            "  option httpchk GET /health/ready",
            // What was not sent may be sent again, whatever it is.
            "  retry-on conn-failure",
            "  default-server check inter 500ms fall 1 rise 1",
            .. webapps().Select(webapp => $"  server {webapp.Name} {new Uri(webapp.PublicAddress).Authority}"),
            "",
        ];
        PrivateFiles.Write(folder, File, string.Join('\n', lines));
        return Task.CompletedTask;
    }

    private protected override Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        Readiness.AcceptsAsync(port, cancellationToken);
}
