using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace SignalBroker.LocalCluster;

/// <summary>The cluster's coturn: a STUN and TURN server that relays on loopback alone.</summary>
public sealed partial class TurnServer : Part
{
    private const string Realm = "signalbroker.local";

    private static readonly Dictionary<string, string> NoEnvironment = [];

    // All coturns share them: where a port is taken, coturn takes another one. The cluster's own ports begin above.
    private const int FirstRelayPort = 10_000;
    private const int LastRelayPort = 19_999;

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMilliseconds(500);

    private readonly string folder;

    internal TurnServer(Run run)
        : base(run, "turn")
    {
        Port = run.Ports.Next();
        folder = PrivateFiles.CreateFolder(run.DataFolder, "turn");
    }

    /// <summary>The port for STUN and TURN, over UDP and over TCP.</summary>
    public int Port { get; }

    /// <summary>The shared secrets that it accepts credentials of; others hold from the next start on.</summary>
    public IReadOnlyList<string> Secrets { get; set; } = [LocalCluster.Secrets.NewPassword()];

    /// <summary>Runs turnadmin against its database, in which it finds further secrets while it runs.</summary>
    public async Task RunAdminAsync(params string[] arguments)
    {
        string[] all = ["-b", DatabaseFile, "-r", Realm, .. arguments];
        var output = await ExternalProgram.RunAsync("turnadmin", all, folder, NoEnvironment, CancellationToken.None);
        // It always writes a log as well, in the machine's own folder.
        File.Delete(OwnLog().Match(output).Groups["file"].Value);
    }

    /// <summary>What the webapps are told: the addresses, and the first secret.</summary>
    internal IEnumerable<KeyValuePair<string, string>> WebappSettings =>
        [
            new("Turn:Stun:0", $"stun:127.0.0.1:{Port}"),
            new("Turn:Addresses:0", $"turn:127.0.0.1:{Port}?transport=udp"),
            new("Turn:Addresses:1", $"turn:127.0.0.1:{Port}?transport=tcp"),
            .. Secrets.Take(1).Select(secret => new KeyValuePair<string, string>("Turn:Secret", secret)),
        ];

    private string DatabaseFile => Path.Combine(folder, "users.db");

    private string ConfigurationFile => Path.Combine(folder, "turnserver.conf");

    private protected override Launch Describe() =>
        new("turnserver", "-c", ConfigurationFile) { LastSignal = Signal.Kill, WorkingFolder = folder };

    private protected override Task PrepareAsync(CancellationToken cancellationToken)
    {
        string[] lines =
        [
            "listening-ip=127.0.0.1",
            "relay-ip=127.0.0.1",
            $"listening-port={Port}",
            $"min-port={FirstRelayPort}",
            $"max-port={LastRelayPort}",
            $"realm={Realm}",
            "use-auth-secret",
            .. Secrets.Select(secret => $"static-auth-secret={secret}"),
            "allow-loopback-peers",
            "no-multicast-peers",
            "no-cli",
            "no-tls",
            "no-dtls",
            "no-rfc5780",
            "log-file=stdout",
            "simple-log",
            $"userdb={DatabaseFile}",
            $"pidfile={Path.Combine(folder, "turnserver.pid")}",
        ];
        PrivateFiles.Write(folder, Path.GetFileName(ConfigurationFile), string.Join('\n', lines) + "\n");
        return Task.CompletedTask;
    }

    private protected override async Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        await Readiness.AcceptsAsync(Port, cancellationToken) && await AnswersBindingAsync(cancellationToken);

    // RFC 8489: a binding request without attributes, and a success response to it.
    private async Task<bool> AnswersBindingAsync(CancellationToken cancellationToken)
    {
        byte[] request = [0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x42, .. RandomNumberGenerator.GetBytes(12)];
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            await socket.SendAsync(request, new IPEndPoint(IPAddress.Loopback, Port), limit.Token);
            var answer = await socket.ReceiveAsync(limit.Token);
            return answer.Buffer is [0x01, 0x01, ..];
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    [GeneratedRegex(@"log file opened: (?<file>\S+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnLog();
}
