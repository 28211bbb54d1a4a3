using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>The sessions: one row for each listening device of a user.</summary>
[DbContext(typeof(Schema)), Migration("20261121_01_sessions")]
public sealed class Sessions : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE sessions (
                listening_key    text        PRIMARY KEY,
                user_id          text        NOT NULL,
                device           text,
                node             text        NOT NULL,
                passcode_sha256  bytea       NOT NULL,
                address          inet        NOT NULL,
                original_client  boolean     NOT NULL,
                created_at       timestamptz NOT NULL DEFAULT now(),
                ack_by           timestamptz NOT NULL,
                admitted_at      timestamptz,
                acked_at         timestamptz,
                ended_at         timestamptz
            ) WITH (fillfactor = 80);

            COMMENT ON COLUMN sessions.admitted_at IS 'when a socket logged in with the key; a key opens one socket, once';
            COMMENT ON COLUMN sessions.acked_at IS 'when the broker said that the queue exists';
            COMMENT ON COLUMN sessions.ended_at IS 'when the session was ended here; the row goes when its queue is gone';

            CREATE INDEX sessions_user_id ON sessions (user_id);
            CREATE INDEX sessions_node ON sessions (node);
            CREATE INDEX sessions_address ON sessions (address);
            CREATE INDEX sessions_unacked ON sessions (ack_by) WHERE acked_at IS NULL;
            CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("DROP TABLE sessions;");
}
