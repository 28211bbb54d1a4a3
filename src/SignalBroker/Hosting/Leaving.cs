using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Hosting;

/// <summary>The settings under <c>Shutdown:</c>.</summary>
internal sealed class ShutdownOptions
{
    public const string Section = "Shutdown";

    /// <summary>
    /// How long a webapp that is told to stop (SIGTERM) goes on to serve, while <c>/health/ready</c> answers 503. Within half of it
    /// balancers should have noticed; then streams of <c>/listen</c> are told to move to other webapps.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>Lets a webapp that is told to stop go on to serve until nobody sends it anything any more.</summary>
internal sealed class Leaving(IHostApplicationLifetime lifetime, IOptions<ShutdownOptions> options, TimeProvider clock)
    : IHostedLifecycleService,
        IDisposable
{
    private readonly CancellationTokenSource moving = new();
    private readonly CancellationTokenSource over = new();

    /// <summary>Whether the webapp is told to stop.</summary>
    public bool HasBegun => lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Cancelled when what would last for ever is to move elsewhere.</summary>
    public CancellationToken Moving => moving.Token;

    /// <summary>How long it has for that.</summary>
    public TimeSpan MovesWithin => options.Value.Grace / 2;

    /// <summary>Cancelled when what has not moved is to end.</summary>
    public CancellationToken Over => over.Token;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Goes on for a while; the listeners are closed only after this.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Grace > TimeSpan.Zero)
        {
            await Task.Delay(options.Value.Grace - MovesWithin, clock, cancellationToken);
            await moving.CancelAsync();
            await Task.Delay(MovesWithin, clock, cancellationToken);
        }

        await over.CancelAsync();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        moving.Dispose();
        over.Dispose();
    }
}

/// <summary>Wires how a webapp stops.</summary>
internal static class LeavingSetup
{
    // What is left to do then: a node that confirms nothing is waited for.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    extension(WebApplicationBuilder builder)
    {
        public void AddLeaving()
        {
            var shutdown = builder.AddSettings<ShutdownOptions>(ShutdownOptions.Section);
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown.Grace + Rest);
            builder.Services.AddSingleton<Leaving>();
            builder.Services.AddHostedService(services => services.GetRequiredService<Leaving>());
        }
    }
}
