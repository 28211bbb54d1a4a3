using System.Security.Cryptography.X509Certificates;

namespace SignalBroker.LocalCluster;

/// <summary>
/// A HAProxy or nginx with TLS before webapps and nodes, on one port, by the templates of deploy/; its certificate is of a CA
/// that lives as long as the cluster.
/// </summary>
public sealed class Edge : Part
{
    private const string CertificateFile = "edge.pem";
    private const string Host = "127.0.0.1";

    private readonly EdgeProxy proxy;
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly Func<IReadOnlyList<Node>> nodes;
    private readonly Func<IReadOnlyList<Webapp>> webapps;
    private readonly CertificateAuthority authority = new();
    private readonly string folder;
    private readonly int httpsPort;
    private readonly int httpPort;

    internal Edge(
        Run run,
        EdgeProxy proxy,
        ClusterOptions options,
        Func<IReadOnlyList<Node>> nodes,
        Func<IReadOnlyList<Webapp>> webapps
    )
        : base(run, "edge")
    {
        (this.proxy, this.nodes, this.webapps) = (proxy, nodes, webapps);
        settings = options.EdgeSettings;
        httpsPort = options.EdgePort is { } port ? Ports.Chosen(port) : run.Ports.Next();
        httpPort = run.Ports.Next();
        ChallengePort = run.Ports.Next();
        folder = PrivateFiles.CreateFolder(run.DataFolder, "edge");
        RenewCertificate();
        PrivateFiles.Write(folder, "ca.pem", Authority.ExportCertificatePem());
    }

    /// <summary>The address for clients, page and sockets alike.</summary>
    public string Address => $"https://{Host}:{httpsPort}";

    /// <summary>What leads to <see cref="Address"/>.</summary>
    public string PlainAddress => $"http://{Host}:{httpPort}";

    /// <summary>Where whoever renews certificates answers challenges by HTTP.</summary>
    public int ChallengePort { get; }

    /// <summary>The CA whom clients have to trust.</summary>
    public X509Certificate2 Authority => authority.Certificate;

    /// <summary>The same as a file, PEM.</summary>
    public string AuthorityFile => Path.Combine(folder, "ca.pem");

    /// <summary>The certificate of the proxy with its chain, PEM; its key lies beside it, as <c>.key</c>.</summary>
    public string Certificate => Path.Combine(folder, CertificateFile);

    /// <summary>Where HAProxy takes commands, such as new certificates.</summary>
    public string AdminSocket => Path.Combine(folder, "admin.sock");

    /// <summary>Where browsers reach a node.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="path"><c>ws</c> for STOMP, <c>mqtt</c> for MQTT.</param>
    internal string ListeningAddress(string node, string path) => $"wss://{Host}:{httpsPort}/nodes/{node}/{path}";

    /// <summary>Has the CA make another certificate, which the proxy does not know yet.</summary>
    public void RenewCertificate()
    {
        var (chain, key) = authority.Issue(Host);
        PrivateFiles.Write(folder, CertificateFile, chain);
        PrivateFiles.Write(folder, $"{CertificateFile}.key", key);
    }

    /// <summary>Has the proxy read its configuration and its certificate again; sockets stay.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken = default)
    {
        await RenderAsync(cancellationToken);
        Send(proxy is EdgeProxy.Haproxy ? Signal.Usr2 : Signal.Hup);
    }

    private protected override Launch Describe() =>
        proxy is EdgeProxy.Haproxy
            ? new("haproxy", "-W", "-db", "-f", Path.Combine(folder, "haproxy.cfg"))
            {
                LastSignal = Signal.Kill,
                WorkingFolder = folder,
            }
            : new("nginx", "-c", Path.Combine(folder, "nginx.conf"), "-g", "daemon off;", "-e", "stderr")
            {
                LastSignal = Signal.Kill,
                WorkingFolder = folder,
            };

    private protected override Task PrepareAsync(CancellationToken cancellationToken)
    {
        // One that was killed leaves them behind.
        foreach (var socket in Directory.EnumerateFiles(folder, "*.sock"))
        {
            File.Delete(socket);
        }

        return RenderAsync(cancellationToken);
    }

    private protected override Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        webapps().Count > 0
            ? Readiness.AnswersAsync($"{Address}/health/live", Authority, cancellationToken)
            : Readiness.AcceptsAsync(httpsPort, cancellationToken);

    private Task<string> RenderAsync(CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>
        {
            ["SERVER_NAME"] = Host,
            ["CERTIFICATE"] = Certificate,
            ["WEBAPPS"] = string.Join(' ', webapps().Select(webapp => new Uri(webapp.PublicAddress).Authority)),
            ["NODES"] = string.Join(' ', nodes().Select(AddressesOf)),
            ["EDGE_IPS"] = Host,
            ["HTTPS_PORT"] = $"{httpsPort}",
            ["HTTP_PORT"] = $"{httpPort}",
            ["ACME_PORT"] = $"{ChallengePort}",
            // On one machine there may be several.
            ["EDGE_NAME"] = $"signalbroker-{httpsPort}",
            // The same user as everything else.
            ["EDGE_USER"] = proxy is EdgeProxy.Haproxy ? "" : Environment.UserName,
            ["EDGE_LOG"] = proxy is EdgeProxy.Haproxy ? "stdout format raw local0" : "stderr",
            ["RUN_DIR"] = folder,
            ["PID_FILE"] = Path.Combine(folder, "nginx.pid"),
            ["TEMP_DIR"] = folder,
            ["MAX_CONNECTIONS"] = "4000",
        };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        return ExternalProgram.RunAsync(
            Repository.RenderEdgeScript,
            [proxy.ToString().ToLowerInvariant(), folder],
            folder,
            environment,
            cancellationToken
        );
    }

    private static string AddressesOf(Node node)
    {
        string?[] addresses = [node.ListeningAddress, node.MqttAddress];
        return $"{node.Name}={string.Join(',', addresses.OfType<string>().Select(address => new Uri(address).Authority))}";
    }
}
