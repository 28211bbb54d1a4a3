using System.Text;
using System.Text.Json;

namespace SignalBroker.Storm.Workers;

/// <summary>A file with one line of JSON for each message that a worker's users received.</summary>
internal sealed class ReceivedLog(string path) : IAsyncDisposable
{
    private readonly Lock writing = new();
    private readonly FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);

    public void Write(string userId, ReadOnlySpan<byte> envelope)
    {
        var head =
            $$"""{"time":"{{TimeProvider.System.GetUtcNow():O}}","client":"{{JsonEncodedText.Encode(
            userId
        )}}","envelope":""";
        lock (writing)
        {
            file.Write(Encoding.UTF8.GetBytes(head));
            file.Write(envelope);
            file.Write("}\n"u8);
        }
    }

    /// <summary>Makes what was written readable.</summary>
    public void Flush()
    {
        lock (writing)
        {
            file.Flush();
        }
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();
}
