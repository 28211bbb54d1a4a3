namespace SignalBroker.Compatibility;

/// <summary>Wires what the original project's page needs.</summary>
internal static class CompatibilitySetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the switch; it is off unless the configuration turns it on.</summary>
        public void AddCompatibility()
        {
            var settings = builder.AddSettings<CompatibilityOptions>(CompatibilityOptions.Section);
            builder.Services.AddSingleton<OriginalClient>();
            builder.Services.AddSingleton<OriginalConnectionStore>();
            builder.Services.AddSingleton<OriginalConnections>();
            builder.Services.Configure<ProblemOptions>(problems => problems.RepeatsDetail = settings.OriginalClient);
            if (settings.OriginalClient)
            {
                builder.WarnAtStart(
                    "Compatibility:OriginalClient is on: whoever can reach /exchange may send in anybody's name. Turn it off as soon as the last original page is gone"
                );
            }
        }
    }
}
