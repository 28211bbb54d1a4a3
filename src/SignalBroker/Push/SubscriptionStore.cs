using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using SignalBroker.Sessions;

namespace SignalBroker.Push;

/// <summary>What became of registering a subscription.</summary>
internal enum Registering
{
    New,

    /// <summary>It was registered before, and has been updated.</summary>
    Renewed,

    /// <summary>The endpoint is another user's, with other keys.</summary>
    Taken,

    /// <summary>It is new, and no new one was allowed.</summary>
    OneTooMany,
}

/// <summary>The SQL statements that register subscriptions.</summary>
internal sealed class SubscriptionStore(NpgsqlDataSource database) : IUserData
{
    /// <summary>Registers a subscription for the session's user, or updates it.</summary>
    /// <remarks>
    /// When a browser's user changes, the subscription becomes the next user's. Whoever knows only the endpoint and not
    /// the keys can't take it over.
    /// </remarks>
    public async Task<Registering> PutAsync(
        Session session,
        Uri endpoint,
        SubscriberKeys keys,
        bool content,
        DateTime? expiresAt,
        int maxPerUser,
        bool mayBeNew
    )
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var read = await connection.QueryMultipleAsync(
            """
            DELETE FROM push_subscriptions
            WHERE endpoint_sha256 = @hash AND user_id <> @UserId AND public_key = @PublicKey AND secret = @Secret;

            INSERT INTO push_subscriptions AS known
                (endpoint_sha256, user_id, device, endpoint, public_key, secret, content, expires_at)
            SELECT @hash, @UserId, @Device, @endpoint, @PublicKey, @Secret, @content, @expiresAt
            WHERE @mayBeNew OR EXISTS (SELECT FROM push_subscriptions WHERE endpoint_sha256 = @hash)
            ON CONFLICT (endpoint_sha256) DO UPDATE
            SET device = excluded.device, public_key = excluded.public_key, secret = excluded.secret,
                content = excluded.content, expires_at = excluded.expires_at, registered_at = now()
            WHERE known.user_id = excluded.user_id
            -- A row that was inserted has never been locked or replaced.
            RETURNING xmax = 0;

            DELETE FROM push_subscriptions WHERE number IN (
                SELECT number FROM push_subscriptions WHERE user_id = @UserId
                ORDER BY registered_at DESC, number DESC OFFSET @maxPerUser
            );

            SELECT EXISTS (SELECT FROM push_subscriptions WHERE endpoint_sha256 = @hash);
            """,
            new
            {
                hash = HashOf(endpoint.AbsoluteUri),
                session.UserId,
                session.Device,
                endpoint = endpoint.AbsoluteUri,
                keys.PublicKey,
                keys.Secret,
                content,
                expiresAt,
                maxPerUser,
                mayBeNew,
            }
        );
        var registered = await read.ReadAsync<bool?>();
        var exists = await read.ReadSingleAsync<bool>();
        return registered.SingleOrDefault() switch
        {
            true => Registering.New,
            false => Registering.Renewed,
            null => exists ? Registering.Taken : Registering.OneTooMany,
        };
    }

    /// <summary>Removes a user's subscription, if there is one.</summary>
    public Task DeleteAsync(string userId, string endpoint) =>
        database.ExecuteAsync(
            "DELETE FROM push_subscriptions WHERE endpoint_sha256 = @hash AND user_id = @userId",
            new { hash = HashOf(endpoint), userId }
        );

    public Task EraseAsync(string userId) =>
        database.ExecuteAsync(
            """
            WITH gone AS (DELETE FROM push_subscriptions WHERE user_id = @userId RETURNING number)
            DELETE FROM push_outbox USING gone WHERE subscription = number
            """,
            new { userId }
        );

    /// <summary>Lists a user's subscriptions, the oldest first.</summary>
    public Task<IReadOnlyList<SubscriptionAnswer>> ListAsync(string userId) =>
        database.QueryAsync<SubscriptionAnswer>(
            """
            SELECT endpoint AS Endpoint, content AS Content, registered_at AS RegisteredAt
            FROM push_subscriptions WHERE user_id = @userId ORDER BY registered_at, number
            """,
            new { userId }
        );

    private static byte[] HashOf(string endpoint) => SHA256.HashData(Encoding.UTF8.GetBytes(endpoint));
}
