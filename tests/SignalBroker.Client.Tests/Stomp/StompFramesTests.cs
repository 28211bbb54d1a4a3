using System.Text;
using SignalBroker.Client.Stomp;

namespace SignalBroker.Client.Tests.Stomp;

/// <summary>How bytes become frames of STOMP 1.2, however they are cut.</summary>
public sealed class StompFramesTests
{
    private const string Sample =
        "\n\r\nCONNECTED\nversion:1.2\nheart-beat:10000,10000\n\n\0"
        + "MESSAGE\nsubscription:0\ncontent-length:9\n\nwith \0nul\0\n"
        + "MESSAGE\r\nsubscription:0\r\nsubscription:1\r\n\r\nsecond\0"
        + "\n\nMESSAGE\n\n\0MESSAGE\nsubscription:0\n\nlé\0";

    private static readonly string[] Frames =
    [
        "CONNECTED||",
        "MESSAGE|0|with \0nul",
        "MESSAGE|0|second",
        "MESSAGE||",
        "MESSAGE|0|lé",
    ];

    [Fact]
    public void Frames_split_anywhere_are_reassembled()
    {
        var bytes = Encoding.UTF8.GetBytes(Sample);
        for (var piece = 1; piece <= bytes.Length; piece++)
        {
            var heard = new List<string>();
            var frames = new StompFrames();
            foreach (var part in bytes.Chunk(piece))
            {
                frames.Add(part, frame => heard.Add(Describe(frame)));
            }

            string.Join('#', heard).ShouldBe(string.Join('#', Frames), $"in pieces of {piece} bytes");
        }
    }

    [Fact]
    public void A_header_is_found_by_its_full_name()
    {
        var found = new List<string>();
        new StompFrames().Add(
            "CONNECTED\nheart-beats:1\nheart-beat:2,3\n\n\0"u8.ToArray(),
            frame => found.Add(Encoding.UTF8.GetString(frame["heart-beat"u8]))
        );
        found.ShouldBe(["2,3"]);
    }

    [Fact]
    public void A_frame_without_an_end_is_an_error() =>
        Should.Throw<InvalidDataException>(() =>
            new StompFrames().Add("MESSAGE\ncontent-length:3\n\nlonger\0"u8.ToArray(), _ => { })
        );

    [Fact]
    public void A_frame_that_never_ends_is_an_error_before_it_fills_memory()
    {
        var frames = new StompFrames();
        frames.Add("MESSAGE\n\n"u8.ToArray(), _ => { });
        var more = new byte[64 * 1024];
        more.AsSpan().Fill((byte)'x');

        Should
            .Throw<InvalidDataException>(() =>
            {
                for (var sent = 0; sent < 32; sent++)
                {
                    frames.Add(more, _ => { });
                }
            })
            .Message.ShouldContain("too long");
    }

    private static string Describe(StompFrame frame) =>
        $"{Encoding.UTF8.GetString(frame.Command)}|{Encoding.UTF8.GetString(frame["subscription"u8])}|{Encoding.UTF8.GetString(frame.Body.Span)}";
}
