using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace SignalBroker.Hosting;

/// <summary>Refuses settings that nothing reads, so that a misspelled one does not go unnoticed.</summary>
internal static class SettingNames
{
    // The framework's.
    private static readonly string[] FrameworkSections =
    [
        "Authentication",
        "ConnectionStrings",
        "HostBuilder",
        "Kestrel",
        "Logging",
        "Metrics",
    ];

    /// <summary>Checks the names below a section, and their form.</summary>
    /// <param name="section">The section, or one entry of a list.</param>
    /// <param name="type">The class whose properties the settings are.</param>
    /// <param name="more">What else may be below it, which is checked elsewhere.</param>
    /// <exception cref="InvalidSettingException">There is no such setting, or it has another form.</exception>
    public static void Check(IConfigurationSection section, Type type, params IReadOnlyCollection<string> more)
    {
        var settings = type.GetProperties()
            .Where(property => property.CanWrite)
            .ToDictionary(property => property.Name);
        string[] names = [.. settings.Keys, .. more];
        foreach (var given in section.GetChildren())
        {
            if (Array.Find(names, name => Same(name, given.Key)) is not { } name)
            {
                throw new InvalidSettingException(
                    $"{given.Path}: there is no such setting; "
                        + (
                            Spelling.Closest(given.Key, names) is { } meant
                                ? $"did you mean {section.Path}:{meant}?"
                                : $"{section.Path} has {string.Join(", ", names.Order())}."
                        )
                );
            }

            if (settings.TryGetValue(name, out var setting))
            {
                CheckForm(given, setting.PropertyType);
            }
        }
    }

    /// <summary>Checks that all sections are known, except for other programs' environment variables.</summary>
    /// <exception cref="InvalidSettingException">One is not.</exception>
    public static void CheckSections(IConfigurationRoot configuration, IReadOnlyCollection<string> known)
    {
        foreach (var section in configuration.GetChildren())
        {
            if (
                known.Concat(FrameworkSections).Any(name => Same(name, section.Key))
                || section.GetChildren().FirstOrDefault() is not { } below
            )
            {
                continue;
            }

            var meant = Spelling.Closest(section.Key, known);
            if (meant is not null || !IsFromEnvironmentOnly(configuration, section.Key))
            {
                throw new InvalidSettingException(
                    $"{below.Path}: there is no section {section.Key}; "
                        + (
                            meant is null
                                ? $"there are {string.Join(", ", known.Order())}."
                                : $"did you mean {meant}:{below.Key}?"
                        )
                );
            }
        }
    }

    /// <summary>Checks that a single value is one, that a list is one, and that a word is known.</summary>
    /// <exception cref="InvalidSettingException">It is not.</exception>
    public static void CheckForm(IConfigurationSection given, Type type)
    {
        var isList = type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable));
        var isValue = !given.GetChildren().Any();
        if (isList && isValue && !string.IsNullOrEmpty(given.Value))
        {
            throw new InvalidSettingException($"{given.Path}: is a list; its first value is {given.Path}:0.");
        }

        if (!isList && !isValue)
        {
            throw new InvalidSettingException($"{given.Path}: is one value; there is nothing below it.");
        }

        // The framework would also accept any number, and several words.
        if (type.IsEnum && !WordsOf(given, type).All(word => Enum.GetNames(type).Any(name => Same(name, word))))
        {
            throw new InvalidSettingException(
                $"{given.Path}: must be one of {string.Join(", ", Enum.GetNames(type))}."
            );
        }
    }

    private static string[] WordsOf(IConfigurationSection given, Type type) =>
        type.IsDefined(typeof(FlagsAttribute))
            ? (given.Value ?? "").Split(',', StringSplitOptions.TrimEntries)
            : [given.Value ?? ""];

    private static bool IsFromEnvironmentOnly(IConfigurationRoot configuration, string section) =>
        configuration
            .Providers.Where(provider => provider.GetChildKeys([], section).Any())
            .All(provider => provider is EnvironmentVariablesConfigurationProvider or ChainedConfigurationProvider);

    private static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
