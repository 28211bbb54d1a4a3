using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>When all webapps have said that they send nothing more to the old session.</summary>
public sealed class MarkersTests
{
    private readonly Markers markers = new();

    [Fact]
    public void Each_webapp_has_to_say_so_once()
    {
        markers.First.IsCompleted.ShouldBeFalse();
        markers.Hear("one", 2);
        markers.Hear("one", 2);
        (markers.First.IsCompleted, markers.All.IsCompleted).ShouldBe((true, false));

        markers.Hear("two", 2);
        markers.All.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void The_one_that_knows_of_most_is_right()
    {
        markers.Hear("one", 3);
        markers.Hear("two", 2);
        markers.All.IsCompleted.ShouldBeFalse();

        markers.Hear("three", 2);
        markers.All.IsCompleted.ShouldBeTrue();
    }
}
