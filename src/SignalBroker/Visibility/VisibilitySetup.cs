namespace SignalBroker.Visibility;

/// <summary>Wires who may see whom.</summary>
internal static class VisibilitySetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddVisibility()
        {
            // The whole section is checked where Presence adds it.
            builder.Services.AddOptions<VisibilityOptions>().BindConfiguration(VisibilityOptions.Section);
            builder.Services.AddSingleton<VisibilityStore>();
            builder.Services.AddSingleton<VisibilityPolicy>();
        }
    }
}
