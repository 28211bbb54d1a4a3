using System.Globalization;
using System.Text;
using SignalBroker.Tests.Demo;

namespace SignalBroker.Tests.Harness;

/// <summary>A table of measured numbers, in the test's output and in <c>artifacts/measured</c>.</summary>
/// <param name="name">What the file is called.</param>
/// <param name="columns">The columns' heads; the first one says what was measured.</param>
public sealed class MeasuredTable(string name, params string[] columns)
{
    private readonly StringBuilder lines = new($"| {string.Join(" | ", columns)} |\n|{Rule(columns.Length)}\n");

    /// <summary>Adds a line.</summary>
    public void Add(string what, params FormattableString[] values)
    {
        string[] cells = [what, .. values.Select(value => value.ToString(CultureInfo.InvariantCulture))];
        lines.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |\n");
    }

    /// <summary>Writes the table down.</summary>
    public async Task WriteAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(lines.ToString());
        var folder = Directory.CreateDirectory(Path.Combine(Browser.FindRoot(), "artifacts", "measured")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.md"), lines.ToString());
    }

    private static string Rule(int columns) => "---|" + string.Concat(Enumerable.Repeat("---:|", columns - 1));
}
