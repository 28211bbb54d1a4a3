using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Compatibility;

/// <summary>Wires what the original project's page needs.</summary>
internal static class CompatibilitySetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the switch; it is off unless the configuration turns it on.</summary>
        public void AddCompatibility()
        {
            builder.AddSettings<CompatibilityOptions>(CompatibilityOptions.Section);
            builder.Services.AddSingleton<OriginalClient>();
            builder.Services.AddSingleton<OriginalConnectionStore>();
            builder.Services.AddSingleton<OriginalConnections>();
            builder.Services.AddHostedService(services => services.GetRequiredService<OriginalClient>());
            builder
                .Services.AddOptions<ProblemOptions>()
                .Configure<OriginalClient>((problems, original) => problems.RepeatsDetail = original.Enabled);
        }
    }
}
