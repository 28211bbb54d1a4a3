using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Tests.Users;

namespace SignalBroker.Tests.Threats;

/// <summary>Which texts name a user, and which user.</summary>
public sealed class UserIdTests
{
    public static TheoryData<string> Subjects =>
        [
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "google-oauth2|103547991597142817347",
            "samlp|idp|jane!x=y;z",
            "o'brien@example.org",
            @"CORP\jane",
            "https://id.example/u/1?x=1&y=2#z",
            "jane_contoso.com#EXT#@contoso.onmicrosoft.com",
            "AItOawmwtWwcT0k51BayewNvutrJUqsvl6qs7A4+/w==",
            "{38a52be4-9352-4533-b6e7-000000000000}",
            "Jürgen",
            "Владимир",
            "王小明",
            "नरेन्द्र",
            "𠮷野",
            ".",
            "..",
            "subscriptions",
            new string('ü', 255),
            string.Concat(Enumerable.Repeat("𠮷", 255)),
        ];

    [Theory]
    [MemberData(nameof(Subjects))]
    public void The_subjects_of_issuers_are_user_ids(string subject) => UserId.Read(subject).ShouldBe(subject);

    [Theory]
    [InlineData("Ju\u0308rgen", "Jürgen")]
    [InlineData("\u1112\u1161\u11ab", "한")]
    [InlineData("\u212bngstro\u0308m", "Ångström")]
    [InlineData("q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    public void However_it_is_composed_a_name_is_one_user(string text, string userId) =>
        UserId.Read(text).ShouldBe(userId);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\u00a0b")]
    [InlineData("a,b")]
    [InlineData("a%2Fb")]
    [InlineData("a\"b")]
    [InlineData("<b>")]
    [InlineData("a\nb")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    [InlineData("a\u200bb")]
    [InlineData("a\u200db")]
    [InlineData("a\u202eb")]
    [InlineData("a\ufeffb")]
    [InlineData("a\ufe0fb")]
    [InlineData("a\u034fb")]
    [InlineData("\u3164")]
    [InlineData("a\ud800")]
    [InlineData("a\ue000")]
    [InlineData("👻")]
    public void What_breaks_a_line_or_can_not_be_seen_is_none(string text)
    {
        UserId.Read(text).ShouldBeNull();
        UserId.ReadDevice(text).ShouldBeNull();
    }

    [Fact]
    public void A_character_counts_once_however_it_is_written()
    {
        UserId.Read(string.Concat(Enumerable.Repeat("u\u0308", 255))).ShouldBe(new string('ü', 255));
        UserId.Read(string.Concat(Enumerable.Repeat("u\u0308", 256))).ShouldBeNull();
        UserId.Read(string.Concat(Enumerable.Repeat("𠮷", 256))).ShouldBeNull();
        UserId.Read(new string('ü', 100_000)).ShouldBeNull();
        UserId.ReadDevice(string.Concat(Enumerable.Repeat("𠮷", 64))).ShouldNotBeNull();
        UserId.ReadDevice(string.Concat(Enumerable.Repeat("𠮷", 65))).ShouldBeNull();
    }

    [Fact]
    public void The_rule_may_stand_in_a_header() =>
        UserId.Rule.ShouldAllBe(character =>
            character >= ' ' && character <= '~' && character != '"' && character != '\\'
        );
}
