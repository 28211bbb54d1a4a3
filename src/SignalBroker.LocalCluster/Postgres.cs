using System.Diagnostics;
using SignalBroker.Migrations;

namespace SignalBroker.LocalCluster;

/// <summary>A PostgreSQL with a database of ours; the cluster's own is migrated.</summary>
public sealed class Postgres : PostgresServer
{
    internal Postgres(Run run, bool isSynced, string name = "postgres")
        : base(run, name, Secrets.NewPassword(), isSynced) { }

    internal async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        await CreateEmptyDatabaseAsync(cancellationToken);
        await Migrator.MigrateAsync(ConnectionString, cancellationToken);
        Run.Progress("The database is migrated");
    }

    internal Task CreateEmptyDatabaseAsync(CancellationToken cancellationToken) =>
        ExecuteAsync($"CREATE DATABASE {DatabaseName}", cancellationToken);

    /// <summary>From now on a commit is answered when the standby has it as well.</summary>
    internal async Task CommitOnStandbyAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = '*'", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
        const string HasStandby = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')";
        var watch = Stopwatch.StartNew();
        while (await ExecuteAsync(HasStandby, cancellationToken) is not true)
        {
            if (watch.Elapsed > StartLimit)
            {
                throw Failure($"No standby has followed {Name} within {StartLimit.TotalSeconds:0} s.");
            }

            await Task.Delay(Between, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>A new standby's copy of everything; how it follows is in it as well.</summary>
    internal string[] CopyInto(string data) =>
        [
            $"--pgdata={data}",
            "--host=127.0.0.1",
            $"--port={Port}",
            $"--username={Superuser}",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ];

    internal string SuperuserPassword => Password;

    private protected override async Task CreateDataAsync(string folder, CancellationToken cancellationToken)
    {
        var passwordFile = PrivateFiles.Write(folder, "password", Password);
        await GiveAwayAsync(cancellationToken);
        string[] arguments =
        [
            $"--pgdata={Data}",
            $"--username={Superuser}",
            $"--pwfile={passwordFile}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ];
        try
        {
            await RunAsync("initdb", arguments, [], cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }
}
