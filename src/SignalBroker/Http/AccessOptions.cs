using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Http;

/// <summary>The settings under <c>Internal:</c>: who may use the internal port, and under which names.</summary>
internal sealed class InternalOptions : IValidatableObject
{
    public const string Section = "Internal";

    /// <summary>The networks that may use it, as CIDR; loopback if there are none.</summary>
    public IReadOnlyList<string> AllowedNetworks { get; set; } = [];

    /// <summary>
    /// The host names under which nodes and operators reach it, besides <c>localhost</c> and IP addresses: that of a
    /// container or service, or <c>*.svc.cluster.local</c> for every name that ends like that. Any other name may be a
    /// stranger's that resolves to this address.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedHosts
            .Where(name => !HostNames.IsValid(name))
            .Select(name => new ValidationResult(
                $"'{name}' is not a host name like signalbroker or *.svc.cluster.local.",
                [nameof(AllowedHosts)]
            ));
}

/// <summary>The settings under <c>Proxies:</c>.</summary>
internal sealed class ProxiesOptions
{
    public const string Section = "Proxies";

    /// <summary>The trusted proxies (for <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>), as CIDR.</summary>
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
                $"'{origin}' is not an origin like https://app.example, without a path.",
                [nameof(Origins)]
            ));

    // With anything after the port it would never equal a browser's.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && text.Equals($"{address.Scheme}://{address.Authority}", StringComparison.OrdinalIgnoreCase);
}
