using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Reports;

/// <summary>Shows reports as one HTML file that needs nothing else.</summary>
public static class HtmlReport
{
    /// <summary>Writes the page, over what was there.</summary>
    public static Task WriteAsync(IReadOnlyList<LoadReport> reports, string path) =>
        File.WriteAllTextAsync(path, $"<!doctype html><title>{reports.Count} loads</title>");
}
