using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SignalBroker.Hosting;

/// <summary>Binds classes to sections of the configuration, and checks them before anything starts.</summary>
public static class Settings
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds a section; a wrong value stops the webapp with a line that names its key.</summary>
        /// <param name="section">The section's name.</param>
        public void AddSettings<TOptions>(string section)
            where TOptions : class
        {
            builder.Services.AddOptions<TOptions>().BindConfiguration(section).ValidateOnStart();
            builder.Services.AddSingleton<IValidateOptions<TOptions>>(new Annotations<TOptions>(section));
        }
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

    private sealed class Annotations<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options) =>
            FirstWrong(section, options) is { } wrong
                ? ValidateOptionsResult.Fail(wrong)
                : ValidateOptionsResult.Success;
    }
}
