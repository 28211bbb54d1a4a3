using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>A body is taken or refused for what is in it, however it is cut; broken framing is the client's fault, and costs a line at most.</summary>
public sealed class BrokenFramingTests(TestCluster cluster, QuietWebapp quiet) : IClassFixture<QuietWebapp>
{
    private const int MaxBytes = 65_536;

    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";

    public static TheoryData<string, string> Broken
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (
                var path in new[]
                {
                    "/connect",
                    "/exchange",
                    "/disconnect",
                    "/inbox/settle",
                    "/rooms",
                    "/rooms/r.1/join",
                    "/rooms/r.1/leave",
                    "/nowhere",
                }
            )
            {
                foreach (
                    var framing in new[]
                    {
                        "FFFFFFFFFFFFFFFF1\r\nx\r\n0\r\n\r\n",
                        "7FFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n",
                        "80000000\r\nx\r\n0\r\n\r\n",
                        "-1\r\nx\r\n0\r\n\r\n",
                        "xyz\r\n",
                        "2\r\n{}x\r\n0\r\n\r\n",
                    }
                )
                {
                    data.Add(path, framing);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Broken_chunks_are_400_or_less_and_never_a_stack_trace(string path, string framing)
    {
        var session = await cluster.Api.ConnectAsync();
        foreach (var type in new[] { Json, Form })
        {
            var answer = await RawHttp.PostChunkedAsync(
                quiet.Public,
                path,
                framing,
                type,
                session.Authorization.ToString()
            );

            answer.ShouldMatch("^HTTP/1.1 (400|404|413|415|204) ", $"{path} {type}");
            if (path is "/connect" or "/exchange")
            {
                answer.ShouldMatch("^HTTP/1.1 (400|413) ", $"{path} {type}");
                answer.ShouldMatch("\"code\":\"(bad-request|payload-too-large)\"");
            }
        }

        File.ReadAllText(quiet.Webapp.LogFile).ShouldNotContain("   at ", Case.Sensitive);
    }

    [Fact]
    public async Task RabbitMQs_question_with_broken_chunks_is_400()
    {
        var answer = await RawHttp.PostChunkedAsync(
            new(quiet.Webapp.InternalAddress),
            "/broker-access/sb1/user",
            "FFFFFFFFFFFFFFFF1\r\nx\r\n0\r\n\r\n",
            Form
        );

        answer.ShouldStartWith("HTTP/1.1 400 ");
        File.ReadAllText(quiet.Webapp.LogFile).ShouldNotContain("   at ", Case.Sensitive);
    }

    [Theory]
    [InlineData(MaxBytes)]
    [InlineData(MaxBytes - 1)]
    [InlineData(4096)]
    [InlineData(1)]
    public async Task The_limit_counts_the_body_and_not_its_framing(int chunk)
    {
        var session = await cluster.Api.ConnectAsync();
        var authorization = session.Authorization.ToString();

        foreach (var type in new[] { Json, Form })
        {
            (await SendAsync(MaxBytes, type)).ShouldContain("\"user-not-listening\"");
            (await SendAsync(MaxBytes + 1, type)).ShouldContain("\"payload-too-large\"");
        }

        File.ReadAllText(quiet.Webapp.LogFile).ShouldNotContain("   at ", Case.Sensitive);

        Task<string> SendAsync(int length, string type) =>
            RawHttp.PostChunkedAsync(quiet.Public, "/exchange", Cut(Fill(length, type), chunk), type, authorization);
    }

    private static string Fill(int length, string type)
    {
        var (start, end) =
            type == Json ? ("""{"to":"nobody-here","content":" """, "\"}") : ("to=nobody-here&content=", "");
        return start + new string('x', length - start.Length - end.Length) + end;
    }

    private static string Cut(string body, int size) =>
        string.Concat(body.Chunk(size).Select(chunk => $"{chunk.Length:x}\r\n{new string(chunk)}\r\n")) + "0\r\n\r\n";
}

/// <summary>A webapp of which nobody else asks anything, so that its log is the test's.</summary>
public sealed class QuietWebapp(TestCluster cluster) : IAsyncLifetime
{
    public Webapp Webapp { get; private set; } = null!;

    public Uri Public => new(Webapp.PublicAddress);

    public async ValueTask InitializeAsync() => Webapp = await cluster.Servers.AddWebappAsync();

    public async ValueTask DisposeAsync() => await Webapp.StopAsync();
}
