using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using SignalBroker.Identity;
using SignalBroker.Sessions;

namespace SignalBroker.Push;

/// <summary>How it ended that a subscription was to be registered.</summary>
internal enum Registering
{
    New,

    /// <summary>It was registered already; what has changed of it is.</summary>
    Renewed,

    /// <summary>The endpoint is another user's, with other keys.</summary>
    Taken,

    /// <summary>It is not known, and was not to be a new one.</summary>
    OneTooMany,
}

/// <summary>Every SQL statement of registering subscriptions.</summary>
internal sealed class SubscriptionStore(NpgsqlDataSource database)
{
    /// <summary>Registers a subscription for the session's user, or anew what has changed of it.</summary>
    /// <remarks>
    /// A browser whose user changes bears the same subscription to the next one. Who knows the endpoint alone, and not
    /// its keys, may not take it from its user.
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
            -- What has been inserted has never been locked or replaced.
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
        var registered = await read.ReadAsync<bool>();
        var exists = await read.ReadSingleAsync<bool>();
        return registered.Any()
            ? registered.Single()
                ? Registering.New
                : Registering.Renewed
            : exists
                ? Registering.Taken
                : Registering.OneTooMany;
    }

    /// <summary>Removes a user's subscription, if there is one.</summary>
    public async Task DeleteAsync(string userId, string endpoint)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "DELETE FROM push_subscriptions WHERE endpoint_sha256 = @hash AND user_id = @userId",
            new { hash = HashOf(endpoint), userId }
        );
    }

    /// <summary>Lists a user's subscriptions, the oldest first.</summary>
    public async Task<IReadOnlyList<SubscriptionAnswer>> ListAsync(string userId)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = await connection.QueryAsync<SubscriptionAnswer>(
            """
            SELECT endpoint AS Endpoint, content AS Content, registered_at AS RegisteredAt
            FROM push_subscriptions WHERE user_id = @userId ORDER BY registered_at, number
            """,
            new { userId }
        );
        return found.AsList();
    }

    private static byte[] HashOf(string endpoint) => SHA256.HashData(Encoding.UTF8.GetBytes(endpoint));
}
