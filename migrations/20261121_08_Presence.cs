using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>The users ever seen, which nodes are reachable, and who wants to know of whose presence.</summary>
[DbContext(typeof(Schema)), Migration("20261121_08_presence")]
public sealed class Presence : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE users (
                user_id     text         PRIMARY KEY,
                anonymous   boolean      NOT NULL,
                first_seen  timestamptz  NOT NULL DEFAULT now(),
                last_seen   timestamptz  NOT NULL DEFAULT now()
            ) WITH (fillfactor = 80);

            COMMENT ON COLUMN users.last_seen IS 'when the last of its listening sessions went, or when it came first';
            CREATE INDEX users_listed ON users (user_id COLLATE "C") WHERE NOT anonymous;
            CREATE INDEX users_anonymous ON users (first_seen) WHERE anonymous;

            INSERT INTO users (user_id, anonymous, first_seen, last_seen)
            SELECT user_id, starts_with(user_id, 'anonymous.'), min(at), max(at)
            FROM (
                SELECT user_id, created_at AS at FROM sessions
                UNION ALL SELECT user_id, joined_at FROM room_members
                UNION ALL SELECT user_id, last_seen FROM inbox_devices
            ) AS seen
            GROUP BY user_id;

            CREATE TABLE nodes (
                name        text         PRIMARY KEY,
                reachable   boolean      NOT NULL,
                seen_at     timestamptz  NOT NULL,
                changed_at  timestamptz  NOT NULL
            ) WITH (fillfactor = 50);

            COMMENT ON COLUMN nodes.seen_at IS 'when a webapp last wrote down that it can use the node';
            COMMENT ON COLUMN nodes.changed_at IS 'since when it has been reachable or not';

            CREATE TABLE presence_subscriptions (
                listening_key  text  NOT NULL REFERENCES sessions ON DELETE CASCADE,
                user_id        text  NOT NULL,
                told           text,
                PRIMARY KEY (listening_key, user_id)
            ) WITH (fillfactor = 80);

            COMMENT ON COLUMN presence_subscriptions.told IS 'the devices and their states that the session was told last';
            CREATE INDEX presence_subscriptions_user_id ON presence_subscriptions (user_id);

            CREATE TABLE presence_due (
                number     bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                user_id    text         NOT NULL,
                due_at     timestamptz  NOT NULL,
                went       boolean      NOT NULL
            );

            COMMENT ON TABLE presence_due IS 'users whose presence somebody has to look at, because it may have changed';
            COMMENT ON COLUMN presence_due.went IS 'whether a session went, which may be back by the time that it is due';
            CREATE INDEX presence_due_due_at ON presence_due (due_at);
            CREATE INDEX presence_due_user_id ON presence_due (user_id);

            CREATE VIEW presence_devices AS
            SELECT sessions.user_id, sessions.device,
                   CASE WHEN bool_or(coalesce(nodes.reachable, true)) THEN 'listening' ELSE 'unknown' END AS state,
                   coalesce(
                       min(sessions.acked_at) FILTER (WHERE coalesce(nodes.reachable, true)),
                       max(nodes.changed_at)
                   ) AS since
            FROM sessions LEFT JOIN nodes ON nodes.name = sessions.node
            WHERE sessions.acked_at IS NOT NULL AND sessions.ended_at IS NULL
            GROUP BY sessions.user_id, sessions.device;

            COMMENT ON VIEW presence_devices IS 'a row for each device that listens, or may: device is null for all sessions without one';

            CREATE VIEW presence AS
            SELECT users.user_id, users.anonymous, coalesce(present.state, 'away') AS state, present.since,
                   users.first_seen,
                   CASE present.state WHEN 'listening' THEN NULL WHEN 'unknown' THEN present.since ELSE users.last_seen END
                       AS last_seen
            FROM users LEFT JOIN LATERAL (
                SELECT min(state) AS state,
                       coalesce(min(since) FILTER (WHERE state = 'listening'), max(since)) AS since
                FROM presence_devices WHERE presence_devices.user_id = users.user_id
                HAVING count(*) > 0
            ) AS present ON true;

            COMMENT ON VIEW presence IS 'a row for each known user; state is listening, unknown or away';
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            DROP VIEW presence;
            DROP VIEW presence_devices;
            DROP TABLE presence_due;
            DROP TABLE presence_subscriptions;
            DROP TABLE nodes;
            DROP TABLE users;
            """
        );
}
