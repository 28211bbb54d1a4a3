using Dapper;
using Npgsql;

namespace SignalBroker.Database;

/// <summary>Statements that have a connection to themselves.</summary>
internal static class Queries
{
    extension(NpgsqlDataSource database)
    {
        public async Task<int> ExecuteAsync(string sql, object parameters)
        {
            await using var connection = await database.OpenConnectionAsync();
            return await connection.ExecuteAsync(sql, parameters);
        }

        public async Task<T> QuerySingleAsync<T>(string sql, object parameters)
        {
            await using var connection = await database.OpenConnectionAsync();
            return await connection.QuerySingleAsync<T>(sql, parameters);
        }

        public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object parameters)
        {
            await using var connection = await database.OpenConnectionAsync();
            var rows = await connection.QueryAsync<T>(sql, parameters);
            return rows.AsList();
        }
    }
}
