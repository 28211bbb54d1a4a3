namespace SignalBroker.Sessions;

internal static class SessionsSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what finds and ends sessions.</summary>
        public void AddSessions()
        {
            builder.AddSettings<SessionsOptions>(SessionsOptions.Section);
            builder.Services.AddSingleton<SessionStore>();
            builder.Services.AddSingleton<IUserData>(services => services.GetRequiredService<SessionStore>());
            builder.Services.AddSingleton<OpeningStore>();
            builder.Services.AddSingleton<SessionProof>();
            builder.Services.AddSingleton<SessionDirectory>();
            builder.Services.AddSingleton<IAnnouncedMemory>(services =>
                services.GetRequiredService<SessionDirectory>()
            );
            builder.Services.AddSingleton<IAnnouncedMemory, SuccessionTeller>();
            builder.Services.AddSingleton<SessionsMetrics>();
            builder.Services.AddSingleton<SessionCloser>();
            builder.Services.AddSingleton<SessionRevoker>();
            builder.Services.AddHostedService(services => services.GetRequiredService<SessionCloser>());
            builder.Services.AddHostedService<SessionChanges>();
            builder.Services.AddHostedService<SessionCounter>();
        }
    }
}
