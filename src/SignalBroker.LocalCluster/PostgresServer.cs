using Npgsql;

namespace SignalBroker.LocalCluster;

/// <summary>A PostgreSQL server on loopback, whose data lives no longer than the run.</summary>
public abstract class PostgresServer : Part
{
    private protected const string Superuser = "signalbroker";
    private protected const string DatabaseName = "signalbroker";

    private const string Account = "postgres";
    private const string Versions = "/usr/lib/postgresql";

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string folder;
    private readonly bool isSynced;

    private protected PostgresServer(Run run, string name, string password, bool isSynced)
        : base(run, name)
    {
        (Password, this.isSynced) = (password, isSynced);
        Port = run.Ports.Next();
        folder = Path.Combine(run.DataFolder, name);
        Data = Path.Combine(folder, "data");
    }

    public int Port { get; }

    /// <summary>An Npgsql connection string of the database's owner.</summary>
    public string ConnectionString => Address(DatabaseName).ConnectionString;

    /// <summary>Where initdb, pg_dump and the others are.</summary>
    public static string Programs { get; } = FindPrograms();

    private protected string Password { get; }

    private protected string Data { get; }

    // Fast shutdown: it does not wait for the clients.
    private protected override Signal StopSignal => Signal.Int;

    // PostgreSQL refuses to run as root.
    private static IReadOnlyList<string> AsAccount =>
        Posix.IsRoot ? ["setpriv", $"--reuid={Account}", $"--regid={Account}", "--init-groups"] : [];

    /// <summary>Fills <see cref="Data"/>, in this folder.</summary>
    private protected abstract Task CreateDataAsync(string folder, CancellationToken cancellationToken);

    private protected override Launch Describe()
    {
        string[] settings =
        [
            "listen_addresses=127.0.0.1",
            $"port={Port}",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=64MB",
            $"fsync={(isSynced ? "on" : "off")}",
        ];
        return Launch("postgres", ["-D", Data, .. settings.SelectMany(setting => new[] { "-c", setting })]) with
        {
            LastSignal = StopSignal,
        };
    }

    private protected override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(Data))
        {
            return;
        }

        PrivateFiles.CreateFolder(folder);
        await CreateDataAsync(folder, cancellationToken);
    }

    /// <summary>Gives the folder, and all that is in it, to the account that the server runs as.</summary>
    private protected async Task GiveAwayAsync(CancellationToken cancellationToken)
    {
        if (Posix.IsRoot)
        {
            string[] everything = ["-R", $"{Account}:", folder];
            await ExternalProgram.RunAsync("chown", everything, folder, NoEnvironment, cancellationToken);
        }
    }

    /// <summary>Runs one of PostgreSQL's programs to its end, as the server's account.</summary>
    private protected async Task RunAsync(
        string program,
        string[] arguments,
        Dictionary<string, string> environment,
        CancellationToken cancellationToken
    )
    {
        var launch = Launch(program, arguments) with { Environment = environment };
        var process = new ChildProcess(launch, Run, LogFile);
        await process.Exited.WaitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw Failure($"{Name} could not create its data: {program} failed.");
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

    /// <summary>Runs a statement on the server, in no database of ours.</summary>
    private protected async Task<object?> ExecuteAsync(string statement, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
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

    private protected NpgsqlConnectionStringBuilder Address(string database) =>
        new()
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = database,
            Username = Superuser,
            Password = Password,
        };

    private Launch Launch(string program, string[] arguments)
    {
        string[] command = [.. AsAccount, Path.Combine(Programs, program), .. arguments];
        return new Launch(command[0], command[1..]) { LastSignal = Signal.Kill, WorkingFolder = folder };
    }

    // The newest of Debian's versions; a folder may also hold a client alone.
    private static string FindPrograms() =>
        (Directory.Exists(Versions) ? Directory.GetDirectories(Versions) : [])
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
        ?? throw new PartFailedException($"PostgreSQL is not installed: {Versions} holds no server.");
}
