using Npgsql;
using SignalBroker.Migrations;

// The connection string holds a password, so it comes from the environment and never from the command line.
var connectionString = Environment.GetEnvironmentVariable("ConnectionStrings__Database");
if (string.IsNullOrWhiteSpace(connectionString) || args.Length > 1)
{
    await Console.Error.WriteLineAsync(
        """
        usage: ConnectionStrings__Database='Host=…;Database=…;Username=…;Password=…' SignalBroker.Migrations [change | restored]
        Applies every change, or goes forward or back to the named one ("0" takes all of them back).
        "restored" is for a database that has come out of a backup, before the first webapp uses it. The changes:
        """
    );
    await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, Migrator.Changes().Select(id => $"  {id}")));
    return 2;
}

try
{
    if (args is ["restored"])
    {
        await Restored.CountOnAsync(connectionString);
        await Console.Out.WriteLineAsync("The database counts on from where no signal or change of a room has been.");
        return 0;
    }

    await Migrator.MigrateToAsync(connectionString, args.FirstOrDefault());
    await Console.Out.WriteLineAsync($"The schema is at {args.FirstOrDefault() ?? Migrator.Changes()[^1]}.");
    return 0;
}
catch (Exception failure) when (failure is NpgsqlException or ArgumentException or InvalidOperationException)
{
    await Console.Error.WriteLineAsync($"The schema could not be migrated: {failure.Message}");
    return 1;
}
