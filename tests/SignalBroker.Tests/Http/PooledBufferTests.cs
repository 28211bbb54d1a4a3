using System.Buffers;
using SignalBroker.Http;

namespace SignalBroker.Tests.Http;

public sealed class PooledBufferTests
{
    [Fact]
    public void It_grows_with_what_is_written()
    {
        using var buffer = PooledBuffer.Rent(1);
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);

        foreach (var piece in bytes.Chunk(777))
        {
            buffer.Write(piece);
        }

        buffer.Written.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public void It_is_empty_when_it_is_used_again()
    {
        for (var round = 0; round < 100; round++)
        {
            using var buffer = PooledBuffer.Rent(10);
            buffer.Written.Length.ShouldBe(0);
            buffer.Write("something"u8);
        }
    }

    [Fact]
    public void Disposing_of_it_twice_does_not_give_it_to_two()
    {
        var buffer = PooledBuffer.Rent(10);
        buffer.Dispose();
        buffer.Dispose();

        Enumerable.Range(0, 100).Select(_ => PooledBuffer.Rent(10)).ToHashSet().Count.ShouldBe(100);
    }
}
