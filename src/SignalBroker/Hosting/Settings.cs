using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SignalBroker.Hosting;

/// <summary>Binds classes to sections of the configuration, and checks them before anything starts.</summary>
internal static class Settings
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds a section; a wrong name or value stops the webapp with a line that names its key.</summary>
        /// <param name="more">What else is below it, and is not the class's.</param>
        public void AddSettings<TOptions>(string section, params IReadOnlyCollection<string> more)
            where TOptions : class
        {
            builder.AddSection(section);
            SettingNames.Check(builder.Configuration.GetSection(section), typeof(TOptions), more);
            builder.Services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
            builder.Services.AddSingleton<IValidateOptions<TOptions>>(new Annotations<TOptions>(section));
        }

        /// <summary>The entries of a section that is a list. One by one: of a list the binder silently leaves out what it can't read.</summary>
        /// <exception cref="InvalidSettingException">An entry has a setting with an unknown name.</exception>
        public IReadOnlyList<IConfigurationSection> ReadEntries<TOptions>(string section)
            where TOptions : class
        {
            builder.AddSection(section);
            var list = builder.Configuration.GetSection(section);
            SettingNames.CheckForm(list, typeof(TOptions[]));
            IConfigurationSection[] entries = [.. list.GetChildren()];
            Array.ForEach(entries, entry => SettingNames.Check(entry, typeof(TOptions)));
            return entries;
        }

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

    /// <summary>Checks the annotations of a value that was read from under a key.</summary>
    /// <exception cref="InvalidSettingException">A member is missing or wrong.</exception>
    public static void Check(string key, object value)
    {
        if (FirstWrong(key, value) is { } wrong)
        {
            throw new InvalidSettingException(wrong);
        }
    }

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
