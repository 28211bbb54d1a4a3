namespace SignalBroker.Client.Tests.Inbox;

/// <summary>Which sequences came before.</summary>
public sealed class SequenceSetTests
{
    private readonly SequenceSet set = new();

    [Fact]
    public void It_holds_what_was_added_in_any_order()
    {
        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            set.Clear();
            var model = new HashSet<long>();
            for (var step = 0; step < 60; step++)
            {
                var sequence = random.NextInt64(1, 40);
                if (random.Next(10) == 0)
                {
                    set.AddThrough(sequence);
                    model.UnionWith(Enumerable.Range(1, (int)sequence).Select(number => (long)number));
                }
                else
                {
                    set.Add(sequence).ShouldBe(model.Add(sequence));
                }

                set.Largest.ShouldBe(model.Max());
                Enumerable
                    .Range(0, 42)
                    .Where(number => set.Contains(number))
                    .Select(number => (long)number)
                    .ShouldBe(model.Order());
            }
        }
    }

    [Fact]
    public void An_empty_set_contains_nothing()
    {
        set.AddThrough(0);
        (set.Largest, set.Contains(0), set.Contains(1)).ShouldBe((0, false, false));
    }
}
