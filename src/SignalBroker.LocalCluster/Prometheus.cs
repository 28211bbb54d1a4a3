namespace SignalBroker.LocalCluster;

/// <summary>A Prometheus that scrapes the webapps, and evaluates the alert rules.</summary>
public sealed class Prometheus : Part
{
    private const string File = "prometheus.yml";

    private readonly string folder;
    private readonly int port;
    private readonly Func<IReadOnlyList<Webapp>> webapps;

    internal Prometheus(Run run, Func<IReadOnlyList<Webapp>> webapps)
        : base(run, "prometheus")
    {
        this.webapps = webapps;
        port = run.Ports.Next();
        folder = PrivateFiles.CreateFolder(run.DataFolder, "prometheus");
    }

    /// <summary>Where it answers queries.</summary>
    public string Address => $"http://127.0.0.1:{port}";

    private protected override Launch Describe() =>
        new(
            "prometheus",
            $"--config.file={Path.Combine(folder, File)}",
            $"--storage.tsdb.path={Path.Combine(folder, "data")}",
            $"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn"
        )
        {
            LastSignal = Signal.Kill,
            WorkingFolder = folder,
        };

    private protected override Task PrepareAsync(CancellationToken cancellationToken)
    {
        string[] lines =
        [
            "global:",
            "  scrape_interval: 1s",
            "  scrape_timeout: 1s",
            "  evaluation_interval: 1s",
            "rule_files:",
            $"  - {Repository.AlertRules}",
            "scrape_configs:",
            "  - job_name: signalbroker",
            "    static_configs:",
            $"      - targets: [{string.Join(", ", webapps().Select(webapp => $"\"127.0.0.1:{webapp.InternalPort}\""))}]",
            "",
        ];
        PrivateFiles.Write(folder, File, string.Join('\n', lines));
        return Task.CompletedTask;
    }

    private protected override Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        Readiness.AnswersAsync($"{Address}/-/ready", cancellationToken);
}
