using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SignalBroker.Http;

/// <summary>Wires annotated settings, which are checked before anything starts.</summary>
public static class SettingsSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Binds a section to options; a value that breaks an annotation stops the webapp.</summary>
        public void AddSettings<T>(string section)
            where T : class
        {
            builder.Services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
            builder.Services.AddSingleton<IValidateOptions<T>>(new Annotations<T>(section));
        }
    }

    // The framework's own check of annotations names the class and not the key.
    private sealed class Annotations<T>(string section) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var wrong = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new(options), wrong, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    wrong.Select(result => $"{section}:{result.MemberNames.First()}: {result.ErrorMessage}")
                );
        }
    }
}
