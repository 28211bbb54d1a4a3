using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace SignalBroker.Storm.CommandLine;

/// <summary>Options that take only what is in range; anything else gets one line that names the option.</summary>
internal static class RangedOptions
{
    extension(Command command)
    {
        /// <summary>Adds an option and returns it.</summary>
        public Option<T> AddOption<T>(Option<T> option)
        {
            command.Options.Add(option);
            return option;
        }

        /// <summary>Adds an option that takes anything of its type.</summary>
        public Option<T> AddOption<T>(string name, string description) =>
            command.AddOption(new Option<T>(name) { Description = description });

        /// <summary>Adds an option for a number.</summary>
        /// <param name="usual">What it is if left out; an option without it is required.</param>
        /// <param name="max">The greatest one, or null for any.</param>
        public Option<T> AddNumber<T>(string name, string description, T? usual, T min, T? max = null)
            where T : struct, INumber<T> =>
            command.AddOption(
                new Option<T>(name)
                {
                    Description = description,
                    HelpName = "number",
                    Required = usual is null,
                    DefaultValueFactory = usual is { } value ? _ => value : null,
                    CustomParser = result => ParseNumber(result, name, min, max),
                }
            );

        /// <summary>Adds an option for a rate per second.</summary>
        public Option<double> AddRate(string name, string description, double? usual) =>
            command.AddOption(
                new Option<double>(name)
                {
                    Description = description,
                    HelpName = "number",
                    DefaultValueFactory = usual is { } value ? _ => value : null,
                    CustomParser = result => ParseNumber(result, name, 1e-6, 1e6),
                }
            );

        /// <summary>Adds an option for a span of time.</summary>
        public Option<TimeSpan> AddTime(string name, string description, double usualSeconds, TimeSpan longest) =>
            command.AddOption(
                new Option<TimeSpan>(name)
                {
                    Description = description,
                    HelpName = "time",
                    DefaultValueFactory = _ => TimeSpan.FromSeconds(usualSeconds),
                    CustomParser = result => ParseTime(result, name, longest),
                }
            );
    }

    private static T ParseNumber<T>(ArgumentResult result, string name, T min, T? max)
        where T : struct, INumber<T>
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        const NumberStyles Style = NumberStyles.Float | NumberStyles.AllowThousands;
        if (
            T.TryParse(text, Style, CultureInfo.InvariantCulture, out var number)
            && T.IsFinite(number)
            && number >= min
            && (max is null || number <= max)
        )
        {
            return number;
        }

        var kind = typeof(T) == typeof(double) ? "a number" : "a whole number";
        var range = max is null ? $"of at least {min:0.######}" : $"from {min:0.######} to {max}";
        result.AddError($"{name} takes {kind} {range}, not '{text}'.");
        return default;
    }

    private static TimeSpan ParseTime(ArgumentResult result, string name, TimeSpan longest)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        var unit = text is [.., 's' or 'm' or 'h'] ? text[^1] : ' ';
        var number = unit == ' ' ? text : text[..^1];
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
        {
            result.AddError($"{name} takes a time such as 30s, 5m or 8h, not '{text}'.");
            return default;
        }

        var seconds = unit switch
        {
            'h' => count * 3600,
            'm' => count * 60,
            _ => count,
        };
        if (seconds <= 0 || seconds > longest.TotalSeconds)
        {
            result.AddError($"{name} takes a time above 0, up to {longest.TotalHours:0.##}h, not '{text}'.");
            return default;
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
