using System.Text.Json;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Listening;

/// <summary>Which signals count as the same.</summary>
public sealed class DuplicatesTests
{
    private readonly Duplicates duplicates = new();

    [Fact]
    public void The_same_id_of_the_same_sender_is_a_duplicate()
    {
        duplicates.Contains(From("alice", "1")).ShouldBeFalse();
        duplicates.Contains(From("alice", "1")).ShouldBeTrue();
        duplicates.Contains(From("bob", "1")).ShouldBeFalse();
        duplicates.Contains(From("alice", "2")).ShouldBeFalse();
    }

    [Fact]
    public void An_application_is_not_the_user_of_the_same_name()
    {
        duplicates.Contains(From("shop", "1")).ShouldBeFalse();
        duplicates.Contains(From(null, "1", application: "shop")).ShouldBeFalse();
    }

    [Fact]
    public void A_signal_without_an_id_is_never_a_duplicate()
    {
        duplicates.Contains(From("alice", "")).ShouldBeFalse();
        duplicates.Contains(From("alice", "")).ShouldBeFalse();
    }

    [Fact]
    public void At_least_the_last_500_are_remembered_and_not_all()
    {
        for (var n = 0; n < 5000; n++)
        {
            duplicates.Contains(From("alice", $"{n}")).ShouldBeFalse();
            duplicates.Contains(From("alice", $"{Math.Max(0, n - 499)}")).ShouldBeTrue();
        }

        duplicates.Contains(From("alice", "0")).ShouldBeFalse();
    }

    private static Signal From(string? user, string id, string? application = null) =>
        new()
        {
            Id = id,
            From = user,
            FromApplication = application,
            FromSession = null,
            To = "me",
            Type = null,
            SentAt = default,
            ExpiresAt = null,
            Content = JsonElement.Parse("1"),
        };
}
