using System.Globalization;

namespace SignalBroker.Storm.Wording;

/// <summary>Writes what was measured with its unit, as short as is readable.</summary>
public static class Quantity
{
    private const double Kibi = 1024;

    /// <summary>Every digit, in groups: <c>1,234,567</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Three digits: <c>850</c>, <c>12.5k</c>, <c>3.1M</c>.</summary>
    public static string Rounded(double number) =>
        Math.Abs(number) switch
        {
            >= 999_500_000 => $"{Digits(number / 1e9)}G",
            >= 999_500 => $"{Digits(number / 1e6)}M",
            >= 9_999.5 => $"{Digits(number / 1e3)}k",
            >= 1_000 => number.ToString("N0", CultureInfo.InvariantCulture),
            _ => Digits(number),
        };

    /// <summary>A time given in µs: <c>850 µs</c>, <c>1.25 ms</c>, <c>3.1 s</c>.</summary>
    public static string Duration(double microseconds) =>
        Math.Abs(microseconds) switch
        {
            >= 999_500 => $"{Digits(microseconds / 1e6)} s",
            >= 999.5 => $"{Digits(microseconds / 1e3)} ms",
            _ => $"{Digits(microseconds)} µs",
        };

    /// <summary>A run's length given in seconds: <c>45 s</c>, <c>5 min 30 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Length(double seconds)
    {
        var whole = TimeSpan.FromSeconds(Math.Clamp(Math.Round(seconds), 0, 1e9));
        return whole switch
        {
            { TotalMinutes: < 2 } => seconds < 9.95 ? $"{Digits(seconds)} s" : $"{whole.TotalSeconds} s",
            { TotalHours: < 1 } => $"{whole.Minutes} min{(whole.Seconds > 0 ? $" {whole.Seconds} s" : "")}",
            _ => $"{(int)whole.TotalHours} h{(whole.Minutes > 0 ? $" {whole.Minutes} min" : "")}",
        };
    }

    /// <summary>A size given in KiB: <c>512 KiB</c>, <c>1.5 GiB</c>.</summary>
    public static string Size(double kibibytes) =>
        Math.Abs(kibibytes) switch
        {
            >= Kibi * Kibi * Kibi => $"{Digits(kibibytes / (Kibi * Kibi * Kibi))} TiB",
            >= Kibi * Kibi => $"{Digits(kibibytes / (Kibi * Kibi))} GiB",
            >= Kibi => $"{Digits(kibibytes / Kibi)} MiB",
            _ => $"{Digits(kibibytes)} KiB",
        };

    /// <summary>A part of 1: <c>99.9%</c>; never rounded up to all, nor down to nothing.</summary>
    public static string Share(double share) =>
        share switch
        {
            > 0 and < 0.0001 => "< 0.01%",
            > 0.9999 and < 1 => "> 99.99%",
            _ => $"{Math.Round(share * 100, 2).ToString("0.##", CultureInfo.InvariantCulture)}%",
        };

    /// <summary>A number with a unit of its own, as a figure has it.</summary>
    public static string Of(double value, string unit) =>
        unit switch
        {
            _ when !double.IsFinite(value) => "–",
            "µs" => Duration(value),
            "ms" => Duration(value * 1e3),
            "KiB" => Size(value),
            "MiB" => Size(value * Kibi),
            "s" when value >= 120 => Length(value),
            "" or "/s" => $"{Rounded(value)}{unit}",
            _ => $"{Rounded(value)} {unit}",
        };

    private static string Digits(double number) =>
        Math.Abs(number) switch
        {
            0 => "0",
            >= 99.95 => number.ToString("0", CultureInfo.InvariantCulture),
            >= 9.995 => number.ToString("0.#", CultureInfo.InvariantCulture),
            >= 0.0995 => number.ToString("0.##", CultureInfo.InvariantCulture),
            _ => number.ToString("0.###", CultureInfo.InvariantCulture),
        };
}
