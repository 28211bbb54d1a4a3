using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Reports;

/// <summary>Keeps reports in one HTML file that needs nothing else.</summary>
public static class HtmlReport
{
    /// <summary>Writes the page, over what was there.</summary>
    public static Task WriteAsync(IReadOnlyList<LoadReport> reports, string path) =>
        File.WriteAllTextAsync(path, ReportPage.Draw(reports).ToString());
}
