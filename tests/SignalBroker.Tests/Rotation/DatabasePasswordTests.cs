using Npgsql;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rotation;

/// <summary>The password of the webapps' role in PostgreSQL changes with the role: two take turns, and one owns everything.</summary>
[Collection(nameof(RotationCollection))]
public sealed class DatabasePasswordTests(RotationCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Webapps_move_from_one_role_to_another_and_nobody_notices()
    {
        var password = cluster.NewSecret();
        var (old, other) = (
            cluster.DatabaseAs("webapp", cluster.DatabasePassword),
            cluster.DatabaseAs("webapp_2", password)
        );
        await using var load = await Load.StartAsync(cluster.Api);

        await cluster.AdministerAsync($"CREATE ROLE webapp_2 LOGIN PASSWORD '{password}' IN ROLE webapp");
        await cluster.AdministerAsync("ALTER ROLE webapp_2 SET role = webapp");
        cluster.Settings["ConnectionStrings:Database"] = other;
        await cluster.ReplaceWebappsAsync();
        // PostgreSQL may take a moment to notice that a client has gone.
        await Eventually.HoldsAsync(async () =>
            (await ScalarAsync(other, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'webapp'")).ShouldBe(0L)
        );
        await cluster.AdministerAsync("ALTER ROLE webapp NOLOGIN PASSWORD NULL");

        await load.StopAsync();
        (await ScalarAsync(other, "SELECT current_user::text")).ShouldBe("webapp");
        (await Should.ThrowAsync<PostgresException>(() => ScalarAsync(old, "SELECT 1"))).SqlState.ShouldBe(
            PostgresErrorCodes.InvalidPassword
        );
    }

    private static async Task<object?> ScalarAsync(string address, string sql)
    {
        await using var source = NpgsqlDataSource.Create(address + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Token);
    }
}
