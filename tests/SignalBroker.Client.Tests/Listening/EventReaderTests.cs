using System.Text;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>How a stream of server-sent events is cut.</summary>
public sealed class EventReaderTests
{
    private const string Stream =
        ": listening\n\ndata: {\"a\":1}\n\n:\n\ndata:one\r\ndata: two\r\nid: 7\r\n\r\ndata: \u00e9\u2028\n\n\n";

    private static readonly string[] Events = ["{\"a\":1}", "one\ntwo", "\u00e9\u2028"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public void It_does_not_matter_where_the_network_splits_the_stream(int size)
    {
        var read = new List<string>();
        var reader = new EventReader(data => read.Add(Encoding.UTF8.GetString(data.Span)));
        foreach (var piece in Encoding.UTF8.GetBytes(Stream).Chunk(size))
        {
            reader.Add(piece);
        }

        read.ShouldBe(Events);
    }

    [Fact]
    public void An_unfinished_event_is_not_passed_on()
    {
        var reader = new EventReader(_ => Assert.Fail("It has not ended."));
        reader.Add("data: half\n"u8.ToArray());
        reader.Add("data: of it"u8.ToArray());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("data: x\n")]
    public void An_endless_event_is_refused(string piece)
    {
        var reader = new EventReader(_ => { });
        var pieces = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, 1 << 14)));
        Should.Throw<InvalidDataException>(() =>
        {
            for (var n = 0; n < 100; n++)
            {
                reader.Add(pieces);
            }
        });
    }
}
