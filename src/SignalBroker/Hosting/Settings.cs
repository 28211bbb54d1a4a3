using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Hosting;

/// <summary>Binds classes to sections of the configuration, and checks them before anything starts.</summary>
internal static class Settings
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds a section; a wrong name or value stops the webapp with a line that names its key.</summary>
        /// <param name="more">What else is below it, and belongs to other classes.</param>
        /// <returns>The settings, whose values are checked only when the webapp starts.</returns>
        public TOptions AddSettings<TOptions>(string section, params IReadOnlyCollection<string> more)
            where TOptions : class, new()
        {
            builder.AddSection(section);
            var given = builder.Configuration.GetSection(section);
            SettingNames.Check(given, typeof(TOptions), more);
            builder.Services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
            builder.Services.AddSingleton<IValidateOptions<TOptions>>(new Annotations<TOptions>(section));
            return given.Get<TOptions>() ?? new();
        }

        /// <summary>
        /// Reads the entries of a section that is a list, one by one: the binder silently skips entries that it can't
        /// read.
        /// </summary>
        /// <exception cref="InvalidSettingException">A name or a value is wrong.</exception>
        public List<(string Key, TOptions Value)> ReadEntries<TOptions>(string section)
            where TOptions : class, new()
        {
            builder.AddSection(section);
            var list = builder.Configuration.GetSection(section);
            SettingNames.CheckForm(list, typeof(TOptions[]));
            return [.. list.GetChildren().Select(Read)];

            static (string, TOptions) Read(IConfigurationSection entry)
            {
                SettingNames.Check(entry, typeof(TOptions));
                var value = entry.Get<TOptions>() ?? new();
                return FirstWrong(entry.Path, value) is { } wrong
                    ? throw new InvalidSettingException(wrong)
                    : (entry.Path, value);
            }
        }

        /// <summary>Logs a warning about the settings when the webapp starts.</summary>
        public void WarnAtStart(string warning) =>
            builder.Services.AddSingleton<IHostedService>(services =>
                ActivatorUtilities.CreateInstance<StartWarning>(services, warning)
            );

        /// <summary>Checks that there are no other sections, once all of them have been added.</summary>
        /// <exception cref="InvalidSettingException">There is one.</exception>
        public void CheckSections() =>
            SettingNames.CheckSections(
                builder.Configuration,
                [
                    .. builder
                        .Services.Where(service => !service.IsKeyedService)
                        .Select(service => service.ImplementationInstance)
                        .OfType<Section>()
                        .Select(section => section.Name.Split(':')[0])
                        .Distinct(),
                ]
            );

        private void AddSection(string name) => builder.Services.AddSingleton(new Section(name));
    }

    // By the annotations.
    private static string? FirstWrong(string key, object value)
    {
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(value, new ValidationContext(value), wrong, validateAllProperties: true)
            ? null
            : $"{key}:{wrong[0].MemberNames.FirstOrDefault()}: {wrong[0].ErrorMessage}";
    }

    private sealed record Section(string Name);

    private sealed class Annotations<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options) =>
            FirstWrong(section, options) is { } wrong
                ? ValidateOptionsResult.Fail(wrong)
                : ValidateOptionsResult.Success;
    }
}
