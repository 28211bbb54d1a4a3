namespace SignalBroker.Bench.Report;

/// <summary>Figures as text.</summary>
internal static class Text
{
    /// <summary>The median, and in parentheses the lowest and the highest where there were several runs.</summary>
    public static string Of(Spread spread, string format = "N0") =>
        spread.Runs.Count == 1
            ? spread.Median.ToString(format)
            : $"{spread.Median.ToString(format)} ({spread.Lowest.ToString(format)}–{spread.Highest.ToString(format)})";

    /// <summary>The medians by role, the generator last.</summary>
    public static string Of(IReadOnlyDictionary<string, Spread> byRole, string format = "N0") =>
        string.Join(", ", byRole.Select(role => $"{role.Key} {role.Value.Median.ToString(format)}"));
}
