namespace SignalBroker.Visibility;

/// <summary>Wires who may see whom.</summary>
internal static class VisibilitySetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddVisibility()
        {
            // Presence reads the rest of the section, and checks all of it.
            builder.Services.AddOptions<VisibilityOptions>().BindConfiguration(VisibilityOptions.Section);
            builder.Services.AddSingleton<VisibilityStore>();
            builder.Services.AddSingleton<VisibilityPolicy>();
        }
    }
}
