using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>The rooms, and which users are their members.</summary>
[DbContext(typeof(Schema)), Migration("20261121_06_rooms")]
public sealed class Rooms : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE rooms (
                room_id           text        PRIMARY KEY,
                name              text,
                kind              text        NOT NULL CHECK (kind IN ('broadcast', 'host')),
                owner             text        NOT NULL,
                is_open           boolean     NOT NULL,
                join_code_sha256  bytea,
                max_members       integer     NOT NULL,
                version           bigint      NOT NULL DEFAULT 1,
                created_at        timestamptz NOT NULL DEFAULT now(),
                empty_since       timestamptz
            ) WITH (fillfactor = 80);

            COMMENT ON COLUMN rooms.owner IS 'the user who may close the room; in a room of kind host, the host';
            COMMENT ON COLUMN rooms.version IS 'counts the changes of the members, so that a member can tell that it has missed one';
            COMMENT ON COLUMN rooms.empty_since IS 'when it was first seen that no member has a session';

            CREATE TABLE room_members (
                room_id    text        NOT NULL REFERENCES rooms ON DELETE CASCADE,
                user_id    text        NOT NULL,
                member_id  text        NOT NULL,
                alias      text,
                anonymous  boolean     NOT NULL,
                joined_at  timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (room_id, user_id),
                UNIQUE (room_id, member_id)
            );

            COMMENT ON COLUMN room_members.member_id IS 'what the other members know the user by, in this room only';
            COMMENT ON COLUMN room_members.anonymous IS 'whether the other members may not learn user_id';

            CREATE TABLE room_departures (
                room_id    text        NOT NULL REFERENCES rooms ON DELETE CASCADE,
                user_id    text        NOT NULL,
                anonymous  boolean     NOT NULL,
                left_at    timestamptz NOT NULL,
                PRIMARY KEY (room_id, user_id)
            );

            COMMENT ON TABLE room_departures IS 'users who have just left, and whom a webapp may still take for the member that they were; others may stay until somebody leaves the same room';

            CREATE INDEX room_members_user_id ON room_members (user_id);
            CREATE UNIQUE INDEX room_members_alias ON room_members (room_id, lower(alias)) WHERE alias IS NOT NULL;
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("DROP TABLE room_departures; DROP TABLE room_members; DROP TABLE rooms;");
}
