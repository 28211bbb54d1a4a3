namespace SignalBroker.Signals;

/// <summary>Wires the routing of signals.</summary>
internal static class SignalsSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the routing of signals.</summary>
        public void AddSignals()
        {
            builder.AddSettings<SignalsOptions>(SignalsOptions.Section);
            builder.Services.AddSingleton<AddresseeLimiter>();
            builder.Services.AddSingleton<SignalsMetrics>();
            builder.Services.AddSingleton<EnvelopeWriter>();
            builder.Services.AddSingleton<SessionOutcomes>();
            builder.Services.AddSingleton<SignalRouter>();
            builder.Services.AddSingleton<EvenAnswer>();
            builder.Services.AddSingleton<HiddenQueue>();
            builder.Services.AddHostedService(services => services.GetRequiredService<HiddenQueue>());
        }
    }
}
