using System.Net;
using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.BrokerAccess;

/// <summary>A login as a node asks about it.</summary>
/// <param name="PasscodeHash">The hash of the passcode given.</param>
/// <param name="Protocol">By what it logs in.</param>
/// <param name="OriginalUserId">The user id where the original project's page logs in; null otherwise.</param>
internal readonly record struct Login(
    string ListeningKey,
    PasscodeHash PasscodeHash,
    string Node,
    ListeningProtocol Protocol,
    string? OriginalUserId
);

/// <summary>What is known of a session whose login was denied.</summary>
internal sealed record DeniedSession(
    string UserId,
    string Node,
    bool PasscodeMatches,
    bool Admitted,
    IPAddress? Address
);

/// <summary>The SQL statements that admit sessions.</summary>
internal sealed class AdmissionStore(NpgsqlDataSource database)
{
    /// <summary>Admits those of the logins that are right and the first of their session, for ever.</summary>
    /// <returns>The numbers of the admitted logins in the list.</returns>
    public async Task<IReadOnlySet<int>> AdmitAsync(IReadOnlyList<Login> logins)
    {
        // Two statements that lock the same rows must do it in one order.
        int[] order = [.. Enumerable.Range(0, logins.Count).OrderBy(number => logins[number].ListeningKey)];
        await using var connection = await database.OpenConnectionAsync();
        var admitted = await connection.QueryAsync<int>(
            """
            UPDATE sessions SET admitted_at = now(), protocol = lower(login.protocol)
            FROM unnest(@keys, @hashes, @nodes, @protocols, @users) WITH ORDINALITY
                AS login(listening_key, passcode_sha256, node, protocol, user_id, number)
            WHERE sessions.listening_key = login.listening_key
              AND sessions.passcode_sha256 = login.passcode_sha256
              AND sessions.node = login.node
              AND sessions.original_client = (login.user_id IS NOT NULL)
              AND (login.user_id IS NULL OR sessions.user_id = login.user_id)
              AND sessions.admitted_at IS NULL AND sessions.ended_at IS NULL AND sessions.ack_by > now()
            RETURNING login.number::int - 1
            """,
            new
            {
                keys = Column(login => login.ListeningKey),
                hashes = Column(login => login.PasscodeHash.ToArray()),
                nodes = Column(login => login.Node),
                protocols = Column(login => login.Protocol.ToString()),
                users = Column(login => login.OriginalUserId),
            }
        );
        return admitted.Select(number => order[number]).ToHashSet();

        T[] Column<T>(Func<Login, T> value) => [.. order.Select(number => value(logins[number]))];
    }

    /// <summary>Finds out about a login that was denied; null when no session bears the key.</summary>
    public async Task<DeniedSession?> ExplainAsync(Login login)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<DeniedSession>(
            """
            SELECT user_id AS UserId, node AS Node, passcode_sha256 = @hash AS PasscodeMatches,
                   admitted_at IS NOT NULL AS Admitted, CASE WHEN NOT by_application THEN address END AS Address
            FROM sessions WHERE listening_key = @ListeningKey
            """,
            new { login.ListeningKey, hash = login.PasscodeHash.ToArray() }
        );
    }
}
