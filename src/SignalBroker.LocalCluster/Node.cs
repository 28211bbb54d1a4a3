namespace SignalBroker.LocalCluster;

/// <summary>One RabbitMQ node: an independent broker that holds browsers' sockets.</summary>
public sealed class Node : Part
{
    private const string AmqpUser = "signalbroker-webapp";
    private const string ManagementUser = "signalbroker-management";

    // Of this version on rabbitmq-conf opens a socket for it.
    private static readonly Version FirstWithMqtt = new(4, 0);

    private readonly RabbitMqInstallation _installation;
    private readonly ErlangDistribution _erlang;
    private readonly string _folder;
    private readonly string _amqpPassword = Secrets.NewPassword();
    private readonly string _managementPassword = Secrets.NewPassword();
    private readonly string _brokerAccessAddress;
    private readonly int _amqpPort;
    private readonly int _listeningPort;
    private readonly int _mqttPort;
    private readonly int _managementPort;
    private readonly int _distributionPort;
    private Version? _version;

    internal Node(Run run, int number, ClusterOptions options, ErlangDistribution erlang, string brokerAccessAddress)
        : base(run, $"sb{number}")
    {
        Capacity = options.NodeCapacity;
        _installation = RabbitMqInstallation.Of(options.RabbitMq, number - 1);
        _erlang = erlang;
        _brokerAccessAddress = brokerAccessAddress;
        _folder = PrivateFiles.CreateFolder(run.DataFolder, Name);
        _amqpPort = run.Ports.Next();
        _listeningPort = run.Ports.Next();
        _mqttPort = run.Ports.Next();
        _managementPort = run.Ports.Next();
        _distributionPort = run.Ports.Next();
        if (options.ProxiedNodes)
        {
            AmqpProxy = run.AddProxy(() => [_amqpPort]);
            ManagementProxy = run.AddProxy(() => [_managementPort]);
        }
    }

    public string ListeningAddress => $"ws://127.0.0.1:{_listeningPort}/ws";

    /// <summary>Where browsers listen by MQTT; null before the node has been started, and where its RabbitMQ is too old for it.</summary>
    public string? MqttAddress => _version >= FirstWithMqtt ? $"ws://127.0.0.1:{_mqttPort}/ws" : null;

    /// <summary>Where webapps publish and consume; through the proxy, if there is one.</summary>
    public string AmqpAddress => $"amqp://{AmqpUser}:{_amqpPassword}@127.0.0.1:{AmqpProxy?.Port ?? _amqpPort}/%2f";

    /// <summary>Where webapps list queues and close connections; through the proxy, if there is one.</summary>
    public string ManagementAddress => ManagementAt(ManagementProxy?.Port ?? _managementPort);

    /// <summary>The capacity that the webapps are told.</summary>
    public int Capacity { get; }

    /// <summary>Between the webapps and the AMQP port, with <see cref="ClusterOptions.ProxiedNodes"/>.</summary>
    public TcpProxy? AmqpProxy { get; }

    /// <summary>Between the webapps and the management port, with <see cref="ClusterOptions.ProxiedNodes"/>.</summary>
    public TcpProxy? ManagementProxy { get; }

    private string ErlangName => $"{Name}@{ErlangDistribution.Host}";

    /// <summary>Runs rabbitmqctl against this node and returns what it printed.</summary>
    public Task<string> RunCtlAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string>(_erlang.Environment)
        {
            ["RABBITMQ_CTL_ERL_ARGS"] = ErlangDistribution.Arguments,
        };
        string[] all = ["--quiet", "--node", ErlangName, .. arguments];
        return ExternalProgram.RunAsync(_installation.Ctl, all, _folder, environment, CancellationToken.None);
    }

    /// <summary>What a webapp is told of the node, as the one at <paramref name="index"/> of its list.</summary>
    internal IEnumerable<KeyValuePair<string, string>> WebappSettings(int index) =>
        [
            new($"Nodes:{index}:Name", Name),
            new($"Nodes:{index}:ListeningAddress", ListeningAddress),
            .. MqttAddress is { } mqtt
                ? [new($"Nodes:{index}:MqttAddress", mqtt)]
                : Array.Empty<KeyValuePair<string, string>>(),
            new($"Nodes:{index}:AmqpAddress", AmqpAddress),
            new($"Nodes:{index}:ManagementAddress", ManagementAddress),
            new($"Nodes:{index}:Capacity", Capacity.ToString()),
        ];

    private protected override Launch Describe() =>
        new(_installation.Server)
        {
            LastSignal = Signal.Kill,
            WorkingFolder = _folder,
            Environment = new Dictionary<string, string>(_erlang.Environment)
            {
                ["RABBITMQ_NODENAME"] = ErlangName,
                ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_folder, "rabbitmq.conf"),
                ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(_folder, "advanced.config"),
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_folder, "enabled_plugins"),
                ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_folder, "data"),
                ["RABBITMQ_LOG_BASE"] = Path.Combine(_folder, "log"),
                ["RABBITMQ_LOGS"] = "-",
                ["RABBITMQ_DIST_PORT"] = _distributionPort.ToString(),
                ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_folder, "rabbitmq-env.conf"),
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
            ["CONF_DIR"] = _folder,
            ["AMQP_IP"] = "127.0.0.1",
            ["AMQP_PORT"] = _amqpPort.ToString(),
            ["LISTENING_IP"] = "127.0.0.1",
            ["LISTENING_PORT"] = _listeningPort.ToString(),
            ["MQTT_PORT"] = _mqttPort.ToString(),
            ["MANAGEMENT_IP"] = "127.0.0.1",
            ["MANAGEMENT_PORT"] = _managementPort.ToString(),
            ["BROKER_ACCESS_ADDRESS"] = _brokerAccessAddress,
            ["MANAGEMENT_USER"] = ManagementUser,
            ["MANAGEMENT_PASSWORD_HASH"] = Secrets.HashForRabbitMq(_managementPassword),
        };
        _version = await _installation.FindVersionAsync(_folder, _erlang.Environment, cancellationToken);
        NodeConfiguration.Render(_folder, _version, values);
    }

    // The AMQP listener is the last that a booting node opens, after its definitions are loaded.
    private protected override async Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        await Readiness.AcceptsAsync(_amqpPort, cancellationToken)
        && await Readiness.AcceptsAsync(_listeningPort, cancellationToken)
        && await Readiness.AnswersAsync($"{ManagementAt(_managementPort)}api/whoami", cancellationToken);

    private string ManagementAt(int port) => $"http://{ManagementUser}:{_managementPassword}@127.0.0.1:{port}/";
}
