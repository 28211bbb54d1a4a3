using System.Text.Json;
using SignalBroker.Client;

namespace SignalBroker.Showcase.Rollouts;

/// <summary>What one person sends to another one, numbered from 0 on: the order of arrival can be told from it.</summary>
internal sealed class Correspondence(int number, Person from, Person to, bool isStored)
{
    // With it a signal is about as long as one that describes a call.
    private static readonly string Padding = new('-', 1200);

    private readonly Lock changing = new();
    private readonly List<Letter> letters = [];
    private int last = -1;

    public Person To { get; } = to;

    /// <summary>All that has been sent so far.</summary>
    public IReadOnlyList<Letter> Letters
    {
        get
        {
            lock (changing)
            {
                return [.. letters];
            }
        }
    }

    /// <summary>Sends the next one; returns it when its sender knows what has become of it.</summary>
    public async Task<Letter> SendAsync(int act)
    {
        var letter = new Letter(act, isStored);
        int index;
        lock (changing)
        {
            index = letters.Count;
            letters.Add(letter);
        }

        try
        {
            var sent = await from.Client.SendAsync(
                To.Client.UserId,
                new object[] { number, index, Padding },
                new SendOptions { Store = isStored ? Storing.Always : Storing.Never }
            );
            letter.IsConfirmed = sent.IsStored || sent.Sessions.Any(session => session.Outcome == Outcome.Queued);
            letter.Failure = letter.IsConfirmed ? null : $"{sent.Sessions[0].Outcome}".ToLowerInvariant();
        }
        catch (SignalBrokerException failure)
        {
            letter.Failure = failure.Code;
        }

        return letter;
    }

    /// <summary>Notes that one has come.</summary>
    public void Receive(int index)
    {
        lock (changing)
        {
            letters[index].Receive(wasOvertaken: index < last);
            last = Math.Max(last, index);
        }
    }

    /// <summary>Reads which correspondence a signal is of, and which number it has there.</summary>
    public static (int Number, int Index) Read(JsonElement content) => (content[0].GetInt32(), content[1].GetInt32());
}
