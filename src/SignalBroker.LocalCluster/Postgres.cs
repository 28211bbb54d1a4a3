using Npgsql;
using SignalBroker.Migrations;

namespace SignalBroker.LocalCluster;

/// <summary>The cluster's PostgreSQL, with one migrated database.</summary>
public sealed class Postgres : Part
{
    private const string Superuser = "signalbroker";
    private const string DatabaseName = "signalbroker";
    private const string Account = "postgres";
    private const string Versions = "/usr/lib/postgresql";

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string password = Secrets.NewPassword();
    private readonly string programs = FindPrograms();
    private readonly string folder;
    private readonly string data;
    private readonly bool isSynced;

    internal Postgres(Run run, bool isSynced)
        : base(run, "postgres")
    {
        this.isSynced = isSynced;
        Port = run.Ports.Next();
        folder = Path.Combine(run.DataFolder, "postgres");
        data = Path.Combine(folder, "data");
    }

    public int Port { get; }

    /// <summary>An Npgsql connection string of the database's owner.</summary>
    public string ConnectionString => Address(DatabaseName).ConnectionString;

    // PostgreSQL refuses to run as root.
    private static IReadOnlyList<string> AsAccount =>
        Posix.IsRoot ? ["setpriv", $"--reuid={Account}", $"--regid={Account}", "--init-groups"] : [];

    internal async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        await using (var connection = await ConnectAsync(cancellationToken))
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE {DatabaseName}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await Migrator.MigrateAsync(ConnectionString, cancellationToken);
        Run.Progress("The database is migrated");
    }

    // Fast shutdown: it does not wait for the clients.
    private protected override Signal StopSignal => Signal.Int;

    private protected override Launch Describe()
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1",
            $"port={Port}",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=64MB",
            // The data lives no longer than the run.
            $"fsync={(isSynced ? "on" : "off")}",
        ];
        string[] command =
        [
            .. AsAccount,
            Path.Combine(programs, "postgres"),
            "-D",
            data,
            .. settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        return new Launch(command[0], command[1..]) { LastSignal = StopSignal, WorkingFolder = folder };
    }

    private protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(data))
        {
            return;
        }

        PrivateFiles.CreateFolder(folder);
        var passwordFile = PrivateFiles.Write(folder, "password", password);
        if (Posix.IsRoot)
        {
            string[] everything = ["-R", $"{Account}:", folder];
            await ExternalProgram.RunAsync("chown", everything, folder, NoEnvironment, cancellationToken);
        }

        string[] command =
        [
            .. AsAccount,
            Path.Combine(programs, "initdb"),
            $"--pgdata={data}",
            $"--username={Superuser}",
            $"--pwfile={passwordFile}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ];
        var initialize = new Launch(command[0], command[1..]) { LastSignal = Signal.Kill, WorkingFolder = folder };
        var process = new ChildProcess(initialize, Run, LogFile);
        await process.Exited.WaitAsync(cancellationToken);
        File.Delete(passwordFile);
        if (process.ExitCode != 0)
        {
            throw Failure("PostgreSQL could not create its data.");
        }
    }

    private protected override async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await ConnectAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var address = Address("postgres");
        // A pooled connection would take a server for ready that has ended meanwhile.
        address.Pooling = false;
        var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private NpgsqlConnectionStringBuilder Address(string database) =>
        new()
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = database,
            Username = Superuser,
            Password = password,
        };

    // The newest of Debian's versions; a folder may also hold a client alone.
    private static string FindPrograms() =>
        (Directory.Exists(Versions) ? Directory.GetDirectories(Versions) : [])
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
        ?? throw new PartFailedException($"PostgreSQL is not installed: {Versions} holds no server.");
}
