using System.ComponentModel.DataAnnotations;
using SignalBroker.Hosting;

namespace SignalBroker.Http;

/// <summary>The settings under <c>Internal:</c>: who may use the internal port, and under which names.</summary>
internal sealed class InternalOptions : IValidatableObject
{
    public const string Section = "Internal";

    /// <summary>The networks that may use it, as CIDR; those of loopback if there are none.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; set; } = [];

    /// <summary>
    /// The host names under which nodes and operators reach it, besides <c>localhost</c> and IP addresses: that of a
    /// container or service, or <c>*.svc.cluster.local</c> for every name that ends so. Any other name may be a
    /// stranger's that leads here.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedHosts
            .Where(name => !HostNames.IsValid(name))
            .Select(name => new ValidationResult(
                $"'{name}' is no host name like signalbroker or *.svc.cluster.local.",
                [nameof(AllowedHosts)]
            ));
}

/// <summary>The settings under <c>Proxies:</c>.</summary>
internal sealed class ProxiesOptions
{
    public const string Section = "Proxies";

    /// <summary>The proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed, as CIDR networks.</summary>
    public IReadOnlyList<string> TrustedNetworks { get; set; } = [];
}

/// <summary>The settings under <c>Cors:</c>.</summary>
internal sealed class OriginsOptions : IValidatableObject
{
    public const string Section = "Cors";

    private static readonly string[] Special = ["*", "null"];

    /// <summary>
    /// The other origins whose pages may call the API, like <c>https://app.example</c>; <c>*</c> for all.
    /// </summary>
    public IReadOnlyList<string> Origins { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Origins
            .Where(origin => !Special.Contains(origin) && !IsOrigin(origin))
            .Select(origin => new ValidationResult(
                $"'{origin}' is no origin like https://app.example, without a path.",
                [nameof(Origins)]
            ));

    // Whatever follows the port would keep it from ever being the same as a browser's.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && text.Equals($"{address.Scheme}://{address.Authority}", StringComparison.OrdinalIgnoreCase);
}
