using System.Text.Json.Serialization;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Workers;

/// <summary>What a worker is told to do: one line of JSON on its standard input.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "order")]
[JsonDerivedType(typeof(Begin), "begin")]
[JsonDerivedType(typeof(Connect), "connect")]
[JsonDerivedType(typeof(Send), "send")]
[JsonDerivedType(typeof(StopSending), "stopSending")]
[JsonDerivedType(typeof(Cut), "cut")]
[JsonDerivedType(typeof(Leave), "leave")]
public abstract record Order
{
    /// <summary>The order's number; <see cref="WorkerReport.Finished"/> repeats it when the order is carried out.</summary>
    public int Number { get; init; }
}

/// <summary>The first order: who this worker is.</summary>
/// <param name="UserPrefix">What the names of its users begin with; an index of six digits follows.</param>
/// <param name="First">The index of its first user.</param>
/// <param name="LogFile">Where to keep each message that the users receive, or null.</param>
/// <param name="Protocol">What the users listen by; null for MQTT where it is offered, and STOMP elsewhere.</param>
public sealed record Begin(
    int Part,
    IReadOnlyList<string> Urls,
    string UserPrefix,
    int First,
    int Count,
    string? LogFile,
    ListenerProtocol? Protocol
) : Order;

/// <summary>Lets the users connect and listen, and come back whenever they lose their socket.</summary>
/// <param name="PerSecond">How many begin per second; null for as fast as they can.</param>
/// <param name="AtOnce">How many may be connecting at the same time.</param>
/// <param name="TellKeys">Whether to report each session's listening key.</param>
public sealed record Connect(double? PerSecond, int AtOnce, bool TellKeys = false) : Order
{
    /// <summary>How many of the users leave again and again; they are the last ones.</summary>
    public int Restless { get; init; }

    /// <summary>How long those stay, on average, in seconds.</summary>
    public double Stay { get; init; }

    /// <summary>How long those are away, on average, in seconds.</summary>
    public double Away { get; init; }
}

/// <summary>Lets the users send signals to each other, until told to stop.</summary>
/// <param name="Senders">How many users send, each one signal at a time.</param>
/// <param name="Payload">How many bytes of content a signal has.</param>
/// <param name="PerSecond">How many signals are due per second; null for as many as the senders manage.</param>
/// <param name="Burst">How many signals are due at once; 1 for a steady load.</param>
public sealed record Send(int Senders, int Payload, double? PerSecond, int Burst) : Order;

/// <summary>Ends the sending and waits for what is still under way.</summary>
/// <param name="Drain">How many seconds signals that were confirmed may take to arrive.</param>
public sealed record StopSending(double Drain) : Order;

/// <summary>Breaks sockets as a lost network does.</summary>
/// <param name="ListeningAddress">Only those to this node; null for all.</param>
public sealed record Cut(string? ListeningAddress) : Order;

/// <summary>Lets all users disconnect.</summary>
/// <param name="Within">How many seconds that may take.</param>
public sealed record Leave(double Within) : Order;

/// <summary>What a worker has done, every half second: one line of JSON on its standard output.</summary>
public sealed record WorkerReport
{
    /// <summary>What is counted, since the worker began.</summary>
    public required Totals Totals { get; init; }

    /// <summary>Errors by code, since the worker began.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    /// <summary>What was measured since the last report.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Bucket>> Latencies { get; init; } =
        new Dictionary<string, IReadOnlyList<Bucket>>();

    /// <summary>How many listen at each node's address.</summary>
    public IReadOnlyDictionary<string, int> Nodes { get; init; } = new Dictionary<string, int>();

    /// <summary>How many sessions have listened by each protocol, since the worker began.</summary>
    public IReadOnlyDictionary<string, long> Protocols { get; init; } = new Dictionary<string, long>();

    /// <summary>The sessions that have come since the last report, if they are to be reported.</summary>
    public IReadOnlyList<string> Came { get; init; } = [];

    /// <summary>The sessions that have gone since the last report, if they are to be reported.</summary>
    public IReadOnlyList<string> Went { get; init; } = [];

    /// <summary>When a user last began to listen, by the machine's monotonic clock.</summary>
    public long LastCameAt { get; init; }

    /// <summary>The numbers of the orders that have been carried out since the last report.</summary>
    public IReadOnlyList<int> Finished { get; init; } = [];
}

/// <summary>How orders and reports are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(WorkerReport))]
internal sealed partial class WorkerJson : JsonSerializerContext;
