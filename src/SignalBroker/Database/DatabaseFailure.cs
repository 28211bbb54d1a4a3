using System.Data;
using Npgsql;

namespace SignalBroker.Database;

/// <summary>Tells whether an exception means that the database does not answer.</summary>
internal static class DatabaseFailure
{
    public static bool Is(Exception? failure) =>
        failure switch
        {
            NpgsqlException or TimeoutException => true,
            // Dapper wraps what goes wrong while it reads rows.
            DataException wrapped => Is(wrapped.InnerException),
            _ => false,
        };
}
