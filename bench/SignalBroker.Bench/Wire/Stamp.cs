using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace SignalBroker.Bench.Wire;

/// <summary>What a measured signal says of itself: its run, its number in it, and when it was due.</summary>
/// <param name="Run">Tells it from the late ones of another run.</param>
/// <param name="Due">The moment by the stopwatch; 0 where latency is not measured.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Stamp(ushort Run, int Number, long Due)
{
    private const int RunAt = 2;
    private const int NumberAt = RunAt + 4;
    private const int DueAt = NumberAt + 8;
    private const int Length = DueAt + 16;

    private static ReadOnlySpan<byte> Mark => "~#"u8;

    /// <summary>A JSON string of so many characters, with room for a stamp at its beginning.</summary>
    public static byte[] NewContent(int size)
    {
        var content = new byte[size + 2];
        content.AsSpan().Fill((byte)'x');
        content[0] = content[^1] = (byte)'"';
        Mark.CopyTo(content.AsSpan(1));
        return content;
    }

    public void WriteTo(Span<byte> content)
    {
        var stamp = content.Slice(1, Length);
        Utf8Formatter.TryFormat(Run, stamp[RunAt..], out _, new('x', 4));
        Utf8Formatter.TryFormat(Number, stamp[NumberAt..], out _, new('x', 8));
        Utf8Formatter.TryFormat(Due, stamp[DueAt..], out _, new('x', 16));
    }

    /// <summary>Finds the next stamp and cuts the text behind it.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> text, out Stamp stamp)
    {
        stamp = default;
        var start = text.IndexOf(Mark);
        if (start < 0 || text.Length - start < Length)
        {
            return false;
        }

        var found = text.Slice(start, Length);
        text = text[(start + Length)..];
        if (
            !Utf8Parser.TryParse(found[RunAt..NumberAt], out ushort run, out _, 'x')
            || !Utf8Parser.TryParse(found[NumberAt..DueAt], out int number, out _, 'x')
            || !Utf8Parser.TryParse(found[DueAt..], out long due, out _, 'x')
        )
        {
            return false;
        }

        stamp = new(run, number, due);
        return true;
    }
}
