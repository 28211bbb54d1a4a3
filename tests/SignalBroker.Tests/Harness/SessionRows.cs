using Npgsql;

namespace SignalBroker.Tests.Harness;

/// <summary>What the table of sessions says.</summary>
public static class SessionRows
{
    extension(NpgsqlDataSource database)
    {
        /// <summary>Whether a session is acked; null when there is no such session.</summary>
        public async Task<bool?> IsAckedAsync(string listeningKey)
        {
            await using var look = database.CreateCommand(
                "SELECT acked_at IS NOT NULL FROM sessions WHERE listening_key = $1"
            );
            look.Parameters.AddWithValue(listeningKey);
            return (bool?)await look.ExecuteScalarAsync();
        }

        /// <summary>Lets the time in which sessions may begin to listen be over now.</summary>
        /// <param name="listeningKeys">Whose; all when there are none.</param>
        public async Task ExpireAsync(params string[] listeningKeys)
        {
            await using var expire = database.CreateCommand(
                "UPDATE sessions SET ack_by = now() WHERE listening_key = ANY($1) OR cardinality($1) = 0"
            );
            expire.Parameters.AddWithValue(listeningKeys);
            (await expire.ExecuteNonQueryAsync()).ShouldBeGreaterThanOrEqualTo(listeningKeys.Length);
        }
    }
}
