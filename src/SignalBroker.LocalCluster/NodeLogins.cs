namespace SignalBroker.LocalCluster;

/// <summary>How webapps log in to the nodes of a cluster.</summary>
internal sealed record NodeLogins
{
    public const string AmqpUser = "signalbroker-webapp";
    public const string ManagementUser = "signalbroker-management";

    public string AmqpPassword { get; } = Secrets.NewPassword();

    public string ManagementPassword { get; } = Secrets.NewPassword();

    /// <summary>What a webapp is told, for nodes that are added while it runs.</summary>
    public IEnumerable<KeyValuePair<string, string>> WebappSettings =>
        [
            new("NodeCredentials:0:AmqpUser", AmqpUser),
            new("NodeCredentials:0:AmqpPassword", AmqpPassword),
            new("NodeCredentials:0:ManagementUser", ManagementUser),
            new("NodeCredentials:0:ManagementPassword", ManagementPassword),
        ];
}
