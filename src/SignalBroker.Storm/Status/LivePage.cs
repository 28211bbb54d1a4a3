using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Status;

/// <summary>The report of a running load, a page that fetches itself again every two seconds.</summary>
public static class LivePage
{
    private const string Script = """
        <script>
        const refresh = async () => {
          try {
            const answer = await fetch("/");
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            document.querySelector("main").replaceWith(page.querySelector("main"));
          } catch {
            // The load is over: what was measured last stays.
            return;
          }
          setTimeout(refresh, 2000);
        };
        setTimeout(refresh, 2000);
        </script>
        """;

    public static string Draw(LoadReport report) =>
        ReportPage.Draw([report]).ToString().Replace("</body>", $"{Script}\n</body>", StringComparison.Ordinal);
}
