using System.Data;
using System.Net;
using Dapper;
using Npgsql;

namespace SignalBroker.Database;

internal static class DatabaseSetup
{
    /// <summary>The name of the connection string.</summary>
    public const string ConnectionName = "Database";

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the data source that everybody shares, and the check that the schema is new enough.</summary>
        public void AddDatabase()
        {
            SqlMapper.AddTypeHandler(new AddressHandler());
            var connectionString = builder.Configuration.GetConnectionString(ConnectionName);
            if (string.IsNullOrWhiteSpace(connectionString))
            {
                throw new InvalidSettingException(
                    $"ConnectionStrings:{ConnectionName} is missing: the PostgreSQL database that keeps the sessions."
                );
            }

            var settings = Read(connectionString);
            KeepThreadsFree(settings.MaxPoolSize);
            // Whoever used a connection that breaks amid a transaction tells so; Npgsql calls the clean-up's failure an error.
            builder.Logging.AddFilter("Npgsql.Transaction", LogLevel.Critical);
            builder.Services.AddDataSource(settings);
            builder.Services.AddSingleton<DatabaseMetrics>();
            builder.Services.AddHostedService<SchemaCheck>();
        }
    }

    extension(IServiceCollection services)
    {
        private void AddDataSource(NpgsqlConnectionStringBuilder settings)
        {
            if (settings.Hosts.Length == 1)
            {
                services.AddNpgsqlDataSource(settings.ConnectionString, NamePool);
                return;
            }

            services.AddMultiHostNpgsqlDataSource(settings.ConnectionString, NamePool);
            // The last registration of a type is the one that counts.
            services.AddSingleton(provider =>
                provider
                    .GetRequiredService<NpgsqlMultiHostDataSource>()
                    .WithTargetSession(TargetSessionAttributes.Primary)
            );
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<PrimaryWatch>(provider, settings));
        }
    }

    // In metrics, where otherwise the whole connection string would be.
    private static void NamePool(NpgsqlDataSourceBuilder source) => source.Name = "signalbroker";

    private static NpgsqlConnectionStringBuilder Read(string connectionString)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new(connectionString);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException)
        {
            // Npgsql names the keyword; the value stays out of the message, because it may be the password.
            throw new InvalidSettingException($"ConnectionStrings:{ConnectionName}: {wrong.Message}");
        }

        if (settings.TargetSessionAttributes is not (null or "primary" or "read-write"))
        {
            throw new InvalidSettingException(
                $"ConnectionStrings:{ConnectionName}: Target Session Attributes can only be 'primary', because webapps write."
            );
        }

        // It is always the primary that is asked for, and a data source does not take it from here.
        settings.TargetSessionAttributes = null;
        settings.ApplicationName = "SignalBroker";
        // A connection that a firewall has forgotten is noticed, the one that only listens above all.
        settings.KeepAlive = 10;
        // Nobody leaves a setting or a lock on a connection, so nothing has to be reset for its next user.
        settings.NoResetOnClose = true;
        // Each statement has its index, whatever it is asked for: planning it anew would only take time. And a plan that
        // was made while the table was empty must not stay a scan of it. The count of all sessions leaves cores to others.
        settings.Options =
            $"{settings.Options} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off -c max_parallel_workers_per_gather=0".Trim();
        Default(settings, "Maximum Pool Size", 32);
        Default(settings, "Max Auto Prepare", 50);
        // A statement that times out is cancelled on a connection of its own, which takes two more time-outs when
        // PostgreSQL is frozen: 10 s in all.
        Default(settings, "Command Timeout", 4);
        Default(settings, "Timeout", 3);
        // Without any wait for the cancelling, Npgsql would never take a host that does not answer for one that is down.
        Default(settings, "Cancellation Timeout", settings.Hosts.Length == 1 ? -1 : 1000);
        // It is the PrimaryWatch that has hosts looked at again.
        Default(settings, "Host Recheck Seconds", 86_400);
        return settings;
    }

    // Npgsql cancels a statement synchronously: each pooled connection may hold a thread for seconds, and liveness must
    // not wait for them.
    private static void KeepThreadsFree(int heldAtMost)
    {
        ThreadPool.GetMinThreads(out _, out var completionPorts);
        ThreadPool.SetMinThreads(heldAtMost + Environment.ProcessorCount, completionPorts);
    }

    private static void Default(NpgsqlConnectionStringBuilder settings, string keyword, int value)
    {
        if (!settings.ShouldSerialize(keyword))
        {
            settings[keyword] = value;
        }
    }

    private sealed class AddressHandler : SqlMapper.TypeHandler<IPAddress>
    {
        public override IPAddress? Parse(object value) => (IPAddress)value;

        public override void SetValue(IDbDataParameter parameter, IPAddress? value) =>
            parameter.Value = value ?? (object)DBNull.Value;
    }
}
