using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.Connect;

/// <summary>What <c>/connect</c> takes.</summary>
/// <param name="UserId">Who listens: 1 to 255 characters (Unicode code points), each a letter, an accent or a digit of any script or an ASCII sign other than comma, percent, double quote and angle brackets, compared in NFC; left out for an anonymous user.</param>
/// <param name="Device">What the user calls the device, 1 to 64 characters of the same set; may be left out.</param>
/// <param name="Line">
/// A secret of the client's own, which it gives with each of its sessions: 22 to 64 characters of A-Z a-z 0-9 - _. Where a
/// user may have one session, the client takes over from its own last one.
/// </param>
/// <param name="Resumes">
/// Whether the client has listened before, and so takes nobody's place: it may have lost its own to a newer one. It counts
/// only together with the line, by which the client is known; false if left out.
/// </param>
/// <param name="Predecessor">
/// The client's own session from which the new one takes over: it is of the same user and device, others know it under the
/// same name, and its subscriptions go on. It needs no token. One that has lost its socket can be taken over for
/// <c>Sessions:ResumeWithin</c>.
/// </param>
/// <param name="Region">Where the client is: it gets a node there, or else in the next region that has room.</param>
/// <param name="Labels">Among the nodes of a region, those with the most of these labels come first.</param>
/// <param name="Near">
/// Any word, such as a room's name: clients that give the same one get the same node, as long as that is not much fuller than
/// others. So what goes to all of them goes to one node.
/// </param>
internal sealed record ConnectRequest(
    [property: Length(1, Identity.UserId.MaxLength)] string? UserId = null,
    [property: Length(1, Identity.UserId.MaxDeviceLength)] string? Device = null,
    [property: RegularExpression(SessionLine.Pattern)] string? Line = null,
    bool Resumes = false,
    PredecessorCredential? Predecessor = null,
    [property: RegularExpression(NodeOptions.NamePattern)] string? Region = null,
    [property: MaxLength(ConnectRequest.MostLabels)] IReadOnlyList<string>? Labels = null,
    [property: Length(1, ConnectRequest.LongestNear)] string? Near = null
)
{
    /// <summary>How many labels a client may name.</summary>
    public const int MostLabels = 16;

    /// <summary>In characters.</summary>
    public const int LongestNear = 255;

    /// <summary>Reads a form, as original pages send it, or a JSON object.</summary>
    public static Task<ConnectRequest> ReadAsync(HttpRequest request) =>
        RequestBody.IsForm(request) ? ReadFormAsync(request) : ReadJsonAsync(request);

    /// <summary>What is wrong with where it wants to listen; null if nothing is.</summary>
    public Problem? FirstBroken() =>
        Labels is { Count: > MostLabels } ? Problem.InvalidMember("labels", $"must be at most {MostLabels}")
        : NodeRules.FirstBroken(Region, Labels) is var (setting, rule)
            ? Problem.InvalidMember(JsonNamingPolicy.CamelCase.ConvertName(setting), rule)
        : Near is { Length: 0 or > LongestNear }
            ? Problem.InvalidMember("near", $"must have 1 to {LongestNear} characters")
        : null;

    private static async Task<ConnectRequest> ReadFormAsync(HttpRequest request)
    {
        var form = new FormFields(
            await RequestBody.ReadFormAsync(request),
            "userId",
            "device",
            "line",
            "resumes",
            "region",
            "near"
        );
        return new(Given("userId"), Given("device"), Given("line"), Given("resumes") == "true")
        {
            Region = Given("region"),
            Near = Given("near"),
        };

        // An empty field is what a page sends when nothing was typed.
        string? Given(string name) => form[name] is { Length: > 0 } value ? value : null;
    }

    private static async Task<ConnectRequest> ReadJsonAsync(HttpRequest request)
    {
        using var body = await RequestBody.ReadAsync(request);
        return JsonBody.Parse(body.Written.Span, ConnectJson.Default.ConnectRequest);
    }
}

/// <summary>The session from which another one takes over.</summary>
/// <param name="ListeningKey">The session's key.</param>
/// <param name="Passcode">Its secret.</param>
/// <param name="Listens">
/// Whether its socket is still open: then signals go there until the new session listens. If false or left out, the socket
/// was lost, and the session ends at once.
/// </param>
internal sealed record PredecessorCredential(
    [property: RegularExpression(Identity.ListeningKey.Pattern)] string ListeningKey,
    [property: MaxLength(PredecessorCredential.LongestPasscode)] string Passcode,
    bool Listens = false
)
{
    /// <summary>In characters; none has more.</summary>
    public const int LongestPasscode = 128;
}
