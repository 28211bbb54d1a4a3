namespace SignalBroker.Broker;

/// <summary>Wires what speaks to RabbitMQ.</summary>
internal static class BrokerSetup
{
    private static readonly TimeSpan ManagementPatience = TimeSpan.FromSeconds(10);

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the links to the nodes and the management API.</summary>
        public void AddBroker()
        {
            builder.AddSettings<BrokerOptions>(BrokerOptions.Section);
            builder.Services.AddSingleton<BrokerMetrics>();
            builder.Services.AddSingleton<NodeLinks>();
            builder.Services.AddHostedService(services => services.GetRequiredService<NodeLinks>());
            builder.Services.AddSingleton(
                new ManagementApi(
                    new HttpClient(
                        new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(1), UseProxy = false }
                    )
                    {
                        Timeout = ManagementPatience,
                    }
                )
            );
        }
    }
}
