using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Nodes;

/// <summary>One entry under <c>Nodes:</c>.</summary>
internal sealed class NodeOptions
{
    public const string Section = "Nodes";

    /// <summary>What names of nodes, regions and labels are made of.</summary>
    public const string NamePattern = "^[A-Za-z0-9._-]{1,64}$";

    /// <summary>
    /// The node's name, as in its own <c>auth_http</c> paths: 1 to 64 characters, each a-z, A-Z, 0-9 or one of . _ -.
    /// </summary>
    [Required, RegularExpression(NamePattern)]
    public string Name { get; set; } = "";

    /// <summary>The public <c>ws://</c> or <c>wss://</c> address at which browsers listen.</summary>
    [Required]
    public Uri? ListeningAddress { get; set; }

    /// <summary>
    /// The public <c>ws://</c> or <c>wss://</c> address at which browsers listen by MQTT, which costs a node a quarter of
    /// what STOMP does; without it they don't. It needs RabbitMQ 3.12 or newer: an older node's is left out of use, with
    /// a warning.
    /// </summary>
    public Uri? MqttAddress { get; set; }

    /// <summary>
    /// Whether sessions may listen by STOMP where they may by MQTT. <c>false</c> needs an <c>MqttAddress</c>: the node then
    /// admits nobody by STOMP, and whoever speaks nothing else can only listen to server-sent events.
    /// </summary>
    public bool Stomp { get; set; } = true;

    /// <summary>The internal <c>amqp://user:password@host:port/vhost</c> or <c>amqps://</c> address.</summary>
    [Required]
    public Uri? AmqpAddress { get; set; }

    /// <summary>
    /// While that password changes, a second one with which the node may let webapps in: first the next one, then the
    /// previous one.
    /// </summary>
    [MinLength(1)]
    public string? OtherAmqpPassword { get; set; }

    /// <summary>The internal <c>http://user:password@host:port/</c> address of the management API.</summary>
    [Required]
    public Uri? ManagementAddress { get; set; }

    /// <summary>
    /// How many sessions the node should hold; 0 gives it no more, so that it can be taken away. It is soft: webapps
    /// count every 2 s (with a million sessions every half minute), and each may overshoot by what the others place
    /// meanwhile.
    /// </summary>
    [Range(0, 1_000_000)]
    public int Capacity { get; set; } = 10_000;

    /// <summary>Where the node stands: 1 to 64 characters, each a-z, A-Z, 0-9 or one of . _ -.</summary>
    [RegularExpression(NamePattern)]
    public string? Region { get; set; }

    /// <summary>Words by which operators tell nodes apart, each like a region.</summary>
    public List<string> Labels { get; set; } = [];
}

/// <summary>
/// One entry under <c>NodeCredentials:</c>: how webapps log in to nodes that are added while they run, whose addresses bear no
/// password.
/// </summary>
internal sealed class NodeCredentialsOptions
{
    public const string Section = "NodeCredentials";

    /// <summary>The one node that the entry is for; left out, it is for all that have no entry of their own.</summary>
    public string? Node { get; set; }

    /// <summary>As whom webapps publish and consume (AMQP).</summary>
    [Required]
    public string AmqpUser { get; set; } = "";

    /// <summary>That user's password.</summary>
    [Required]
    public string AmqpPassword { get; set; } = "";

    /// <summary>While that password changes, a second one: first the next one, then the previous one.</summary>
    [MinLength(1)]
    public string? OtherAmqpPassword { get; set; }

    /// <summary>As whom webapps use the management API.</summary>
    [Required]
    public string ManagementUser { get; set; } = "";

    /// <summary>That user's password.</summary>
    [Required]
    public string ManagementPassword { get; set; } = "";
}
