namespace SignalBroker.LocalCluster;

/// <summary>One RabbitMQ node: an independent broker that holds browsers' sockets.</summary>
public sealed class Node : Part
{
    // Of this version on rabbitmq-conf opens a socket for it.
    private static readonly Version FirstWithMqtt = new(4, 0);

    private RabbitMqInstallation installation;
    private readonly ErlangDistribution erlang;
    private readonly string folder;
    private readonly NodeLogins logins;
    private readonly string brokerAccessAddress;
    private readonly Edge? edge;
    private readonly int amqpPort;
    private readonly int listeningPort;
    private readonly int mqttPort;
    private readonly int mqttTcpPort;
    private readonly int managementPort;
    private readonly int distributionPort;
    private Version? version;
    private string managementUser = NodeLogins.ManagementUser;
    private string managementPassword;

    internal Node(
        Run run,
        int number,
        ClusterOptions options,
        ErlangDistribution erlang,
        NodeLogins logins,
        string brokerAccessAddress,
        Edge? edge
    )
        : base(run, $"sb{number}")
    {
        Capacity = options.NodeCapacity;
        installation = RabbitMqInstallation.Of(options.RabbitMq, number - 1);
        (this.erlang, this.logins, this.brokerAccessAddress, this.edge) = (erlang, logins, brokerAccessAddress, edge);
        managementPassword = logins.ManagementPassword;
        folder = PrivateFiles.CreateFolder(run.DataFolder, Name);
        amqpPort = run.Ports.Next();
        listeningPort = run.Ports.Next();
        mqttPort = run.Ports.Next();
        mqttTcpPort = run.Ports.Next();
        managementPort = run.Ports.Next();
        distributionPort = run.Ports.Next();
        if (options.ProxiedNodes)
        {
            AmqpProxy = run.AddProxy(() => [amqpPort]);
            ManagementProxy = run.AddProxy(() => [managementPort]);
        }
    }

    public string ListeningAddress => $"ws://127.0.0.1:{listeningPort}/ws";

    /// <summary><see cref="ListeningAddress"/> as browsers are told it: through the edge, if there is one.</summary>
    public string PublicListeningAddress => edge?.ListeningAddress(Name, "ws") ?? ListeningAddress;

    /// <summary><see cref="MqttAddress"/> as browsers are told it.</summary>
    public string? PublicMqttAddress =>
        MqttAddress is null ? null : edge?.ListeningAddress(Name, "mqtt") ?? MqttAddress;

    /// <summary>Where browsers listen by MQTT; null before the node has been started, and where its RabbitMQ is too old for it.</summary>
    public string? MqttAddress => version >= FirstWithMqtt ? $"ws://127.0.0.1:{mqttPort}/ws" : null;

    /// <summary>Where programs listen by MQTT without WebSockets; null where <see cref="MqttAddress"/> is.</summary>
    public Uri? MqttTcpAddress => version >= FirstWithMqtt ? new($"mqtt://127.0.0.1:{mqttTcpPort}") : null;

    /// <summary>Where webapps publish and consume; through the proxy, if there is one.</summary>
    public string AmqpAddress =>
        $"amqp://{NodeLogins.AmqpUser}:{logins.AmqpPassword}@127.0.0.1:{AmqpProxy?.Port ?? amqpPort}/%2f";

    /// <summary>Where webapps list queues and close connections; through the proxy, if there is one.</summary>
    public string ManagementAddress => ManagementAt(ManagementProxy?.Port ?? managementPort);

    /// <summary><see cref="AmqpAddress"/> as webapps are told it while they run, without the user.</summary>
    public Uri AmqpAddressWithoutUser => WithoutUser(AmqpAddress);

    /// <summary><see cref="ManagementAddress"/> as webapps are told it while they run, without the user.</summary>
    public Uri ManagementAddressWithoutUser => WithoutUser(ManagementAddress);

    /// <summary>The capacity that the webapps are told.</summary>
    public int Capacity { get; }

    /// <summary>Between the webapps and the AMQP port, with <see cref="ClusterOptions.ProxiedNodes"/>.</summary>
    public TcpProxy? AmqpProxy { get; }

    /// <summary>Between the webapps and the management port, with <see cref="ClusterOptions.ProxiedNodes"/>.</summary>
    public TcpProxy? ManagementProxy { get; }

    private string DataFolder => Path.Combine(folder, "data");

    private string ErlangName => $"{Name}@{ErlangDistribution.Host}";

    /// <summary>Stops the node, and starts another RabbitMQ in its place: empty, with the same name and the same addresses.</summary>
    /// <param name="rabbitMq">Where that one is, as in <see cref="ClusterOptions.RabbitMq"/>.</param>
    public async Task ReplaceAsync(string rabbitMq, CancellationToken cancellationToken = default)
    {
        await StopAsync(cancellationToken);
        Directory.Delete(DataFolder, recursive: true);
        installation = RabbitMqInstallation.Of(rabbitMq, node: 0);
        await StartAsync(cancellationToken);
    }

    /// <summary>
    /// Adds another management user, which the webapps' settings name from their next start on; the node itself knows only that
    /// one when it starts again.
    /// </summary>
    public async Task AddManagementUserAsync(
        string user,
        string password,
        CancellationToken cancellationToken = default
    )
    {
        (managementUser, managementPassword) = (user, password);
        await PrepareAsync(cancellationToken);
        await RunCtlAsync("add_user", user, password);
        await RunCtlAsync("set_user_tags", user, "administrator");
        await RunCtlAsync("set_permissions", user, @"^s\.", "^$", "^$");
        await RunCtlAsync("set_user_limits", user, """{"max-connections":0}""");
    }

    /// <summary>Runs rabbitmqctl against this node and returns what it printed.</summary>
    public Task<string> RunCtlAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string>(erlang.Environment)
        {
            ["RABBITMQ_CTL_ERL_ARGS"] = ErlangDistribution.Arguments,
        };
        string[] all = ["--quiet", "--node", ErlangName, .. arguments];
        return ExternalProgram.RunAsync(installation.Ctl, all, folder, environment, CancellationToken.None);
    }

    /// <summary>What a webapp is told of the node, as the one at <paramref name="index"/> of its list.</summary>
    internal IEnumerable<KeyValuePair<string, string>> WebappSettings(int index) =>
        [
            new($"Nodes:{index}:Name", Name),
            new($"Nodes:{index}:ListeningAddress", PublicListeningAddress),
            .. PublicMqttAddress is { } mqtt
                ? [new($"Nodes:{index}:MqttAddress", mqtt)]
                : Array.Empty<KeyValuePair<string, string>>(),
            new($"Nodes:{index}:AmqpAddress", AmqpAddress),
            new($"Nodes:{index}:ManagementAddress", ManagementAddress),
            new($"Nodes:{index}:Capacity", Capacity.ToString()),
        ];

    private protected override Launch Describe() =>
        new(installation.Server)
        {
            LastSignal = Signal.Kill,
            WorkingFolder = folder,
            Environment = new Dictionary<string, string>(erlang.Environment)
            {
                ["RABBITMQ_NODENAME"] = ErlangName,
                ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf"),
                ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(folder, "advanced.config"),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
                ["RABBITMQ_MNESIA_BASE"] = DataFolder,
                ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
                ["RABBITMQ_LOGS"] = "-",
                ["RABBITMQ_DIST_PORT"] = distributionPort.ToString(),
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "rabbitmq-env.conf"),
                ["RABBITMQ_SERVER_START_ARGS"] = ErlangDistribution.Arguments,
                // Several nodes share the machine: none may tie its schedulers to particular cores.
                ["RABBITMQ_SCHEDULER_BIND_TYPE"] = "u",
                // Makes rabbitmq-server become the Erlang machine, so that signals reach the node itself.
                ["RUNNING_UNDER_SYSTEMD"] = "true",
            },
        };

    private protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>
        {
            ["NODE_NAME"] = Name,
            ["CONF_DIR"] = folder,
            ["AMQP_IP"] = "127.0.0.1",
            ["AMQP_PORT"] = amqpPort.ToString(),
            ["LISTENING_IP"] = "127.0.0.1",
            ["LISTENING_PORT"] = listeningPort.ToString(),
            ["MQTT_PORT"] = mqttPort.ToString(),
            ["MQTT_TCP_PORT"] = mqttTcpPort.ToString(),
            ["MANAGEMENT_IP"] = "127.0.0.1",
            ["MANAGEMENT_PORT"] = managementPort.ToString(),
            ["BROKER_ACCESS_ADDRESS"] = brokerAccessAddress,
            ["MANAGEMENT_USER"] = managementUser,
            ["MANAGEMENT_PASSWORD_HASH"] = Secrets.HashForRabbitMq(managementPassword),
        };
        version = await installation.FindVersionAsync(folder, erlang.Environment, cancellationToken);
        NodeConfiguration.Render(folder, version, values);
    }

    // The AMQP listener is the last that a booting node opens, after its definitions are loaded.
    private protected override async Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        await Readiness.AcceptsAsync(amqpPort, cancellationToken)
        && await Readiness.AcceptsAsync(listeningPort, cancellationToken)
        && await Readiness.AnswersAsync($"{ManagementAt(managementPort)}api/whoami", cancellationToken);

    private static Uri WithoutUser(string address) => new UriBuilder(address) { UserName = "", Password = "" }.Uri;

    private string ManagementAt(int port) => $"http://{managementUser}:{managementPassword}@127.0.0.1:{port}/";
}
