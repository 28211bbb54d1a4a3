using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SignalBroker.LocalCluster;
using Testcontainers.PostgreSql;

namespace SignalBroker.Containers.Tests.Harness;

/// <summary>PostgreSQL in a container, with an empty database.</summary>
public sealed class Database : ContainedServer
{
    private const string Owner = "signalbroker";

    public Database()
        : this(Secrets.NewPassword()) { }

    private Database(string password)
        : base(
            "postgres",
            new PostgreSqlBuilder(Images.PostgreSql)
                .WithDatabase(Owner)
                .WithUsername(Owner)
                .WithPassword(password)
                .WithLogger(NullLogger.Instance)
                .Build()
        ) =>
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Open(PostgreSqlBuilder.PostgreSqlPort),
            Database = Owner,
            Username = Owner,
            Password = password,
        }.ConnectionString;

    /// <summary>An Npgsql connection string of the database's owner.</summary>
    public string ConnectionString { get; }
}
