using System.Reflection;
using System.Text.RegularExpressions;
using SignalBroker.LocalCluster;

namespace SignalBroker.Client.Tests;

/// <summary>Every code of the server has a constant, and a type of exception.</summary>
public sealed partial class CodeTests
{
    private static readonly HashSet<string> Known =
    [
        .. typeof(SignalBrokerCode)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetRawConstantValue()!),
    ];

    [Fact]
    public void Every_code_that_the_server_documents_is_known_here()
    {
        var codes = Documented(forOperators: false).ToList();
        codes.Count.ShouldBeGreaterThan(20);
        codes.ShouldBeSubsetOf(Known);
    }

    [Fact]
    public void Every_code_in_the_servers_source_is_known_here()
    {
        var sources = Directory.EnumerateFiles(
            Path.Combine(Repository.Root, "src", "SignalBroker"),
            "*.cs",
            SearchOption.AllDirectories
        );
        var codes = sources.SelectMany(file => Problem().Matches(File.ReadAllText(file))).Select(CodeOf).ToList();
        codes.Count.ShouldBeGreaterThan(20);
        codes.ShouldBeSubsetOf(Known.Concat(Documented(forOperators: true)));
    }

    [Theory]
    [InlineData(400, SignalBrokerCode.InvalidMember, typeof(InvalidRequestException))]
    [InlineData(404, SignalBrokerCode.NotFound, typeof(InvalidRequestException))]
    [InlineData(413, SignalBrokerCode.PayloadTooLarge, typeof(InvalidRequestException))]
    [InlineData(401, SignalBrokerCode.TokenExpired, typeof(UnauthorizedException))]
    [InlineData(403, SignalBrokerCode.UserIdMismatch, typeof(ForbiddenException))]
    [InlineData(403, SignalBrokerCode.UserBlocked, typeof(ForbiddenException))]
    [InlineData(404, SignalBrokerCode.UserNotListening, typeof(UserNotListeningException))]
    [InlineData(404, SignalBrokerCode.MemberNotListening, typeof(UserNotListeningException))]
    [InlineData(404, SignalBrokerCode.UserUnknown, typeof(UserUnknownException))]
    [InlineData(404, SignalBrokerCode.RoomNotFound, typeof(RoomNotFoundException))]
    [InlineData(404, SignalBrokerCode.MemberNotFound, typeof(RoomNotFoundException))]
    [InlineData(403, SignalBrokerCode.JoinCodeWrong, typeof(ForbiddenException))]
    [InlineData(409, SignalBrokerCode.AliasTaken, typeof(RoomConflictException))]
    [InlineData(409, SignalBrokerCode.InboxFull, typeof(InboxFullException))]
    [InlineData(409, SignalBrokerCode.InboxShareUsed, typeof(InboxFullException))]
    [InlineData(429, SignalBrokerCode.StorageBudgetUsed, typeof(TooManyRequestsException))]
    [InlineData(429, SignalBrokerCode.TooManyNewUsersOfAddress, typeof(TooManyRequestsException))]
    [InlineData(409, SignalBrokerCode.IdAlreadyUsed, typeof(SignalConflictException))]
    [InlineData(409, SignalBrokerCode.UserAlreadyConnected, typeof(SessionConflictException))]
    [InlineData(429, SignalBrokerCode.TooManyRequests, typeof(TooManyRequestsException))]
    [InlineData(503, SignalBrokerCode.NoNodeAvailable, typeof(ServerUnavailableException))]
    [InlineData(502, "http-502", typeof(ServerUnavailableException))]
    public void Each_refusal_has_its_exception_type(int status, string code, Type type)
    {
        var refused = ServerRefusedException.Of(new(status, code, "No."));
        refused.ShouldBeOfType(type);
        (refused.Status, refused.Code, refused.Message, refused.RetryAfter).ShouldBe((status, code, "No.", null));
    }

    // Clients meet none of those that only the internal port answers.
    private static IEnumerable<string> Documented(bool forOperators)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "errors.md"));
        return Row().Matches(page).Where(row => row.Groups["internal"].Success == forOperators).Select(CodeOf);
    }

    private static string CodeOf(Match match) => match.Groups["code"].Value;

    [GeneratedRegex(
        @"^\| \d{3} \| `(?<code>[a-z-]+)` \| (?<internal>on the internal port)?",
        RegexOptions.Multiline | RegexOptions.NonBacktracking
    )]
    private static partial Regex Row();

    [GeneratedRegex("Status\\d{3}\\w+,\\s*\"(?<code>[a-z-]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Problem();
}
