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
    }
}
