using System.Text.RegularExpressions;
using SignalBroker.Tests.Demo;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Http;

/// <summary>docs/security.md names a test for each threat, and leaves none out.</summary>
public sealed partial class SecurityPageTests
{
    private static readonly string Tests = Path.Combine(Browser.FindRoot(), "tests", "SignalBroker.Tests");

    private static readonly string[] Named =
    [
        .. Names()
            .Matches(File.ReadAllText(Path.Combine(Browser.FindRoot(), "docs", "security.md")))
            .Select(match => match.Groups["name"].Value)
            .Distinct(),
    ];

    [Fact]
    public void Each_test_that_it_names_is_a_file()
    {
        var files = Named.Select(name => Path.Combine(Tests, name.Contains('/') ? "" : "Threats", $"{name}.cs"));

        files.Where(file => !File.Exists(file)).ShouldBeEmpty();
    }

    [Fact]
    public void It_names_each_test_of_a_threat()
    {
        var files = Directory.GetFiles(Path.Combine(Tests, "Threats"), "*Tests.cs");

        files.Select(Path.GetFileNameWithoutExtension).Except(Named).ShouldBeEmpty();
    }

    [GeneratedRegex("`(?<name>[A-Za-z/]+Tests)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}
