namespace SignalBroker.LocalCluster;

/// <summary>A streaming replica of the cluster's PostgreSQL, which can be promoted in its place.</summary>
public sealed class Standby : PostgresServer
{
    private readonly Postgres primary;

    internal Standby(Run run, Postgres primary, bool isSynced)
        : base(run, "standby", primary.SuperuserPassword, isSynced) => this.primary = primary;

    /// <summary>Makes it the primary, and returns when it is.</summary>
    public async Task PromoteAsync(CancellationToken cancellationToken = default)
    {
        if (await ExecuteAsync("SELECT pg_promote()", cancellationToken) is not true)
        {
            throw Failure("The standby was not promoted.");
        }

        Run.Progress("The standby is promoted");
    }

    private protected override async Task CreateDataAsync(string folder, CancellationToken cancellationToken)
    {
        await GiveAwayAsync(cancellationToken);
        var environment = new Dictionary<string, string> { ["PGPASSWORD"] = Password };
        await RunAsync("pg_basebackup", primary.CopyInto(Data), environment, cancellationToken);
    }
}
