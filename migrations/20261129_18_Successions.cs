using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Sessions that take over from others, on another node or after a loss.</summary>
[Migration(20261129_18, "20261129_18_successions")]
public sealed class Successions : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE sessions
                ADD COLUMN predecessor  text,
                ADD COLUMN known_as     text,
                ADD COLUMN move_by      timestamptz;

            COMMENT ON COLUMN sessions.predecessor IS 'the session that this one takes over from: until this one is acked, signals go there';
            COMMENT ON COLUMN sessions.known_as IS 'the first listening key of the line of successors, under which others know it; null for its own';
            COMMENT ON COLUMN sessions.move_by IS 'it was told to move, and is closed then';
            CREATE INDEX sessions_known_as ON sessions (known_as) WHERE known_as IS NOT NULL;
            CREATE INDEX sessions_predecessor ON sessions (predecessor) WHERE predecessor IS NOT NULL;
            CREATE INDEX sessions_move_by ON sessions (move_by) WHERE move_by IS NOT NULL;

            CREATE UNLOGGED TABLE gone_sessions (
                listening_key    text         PRIMARY KEY,
                passcode_sha256  bytea        NOT NULL,
                user_id          text         NOT NULL,
                device           text,
                by_application   boolean      NOT NULL,
                known_as         text         NOT NULL,
                watched          text[]       NOT NULL,
                gone_at          timestamptz  NOT NULL DEFAULT now()
            );

            COMMENT ON TABLE gone_sessions IS 'listening sessions whose queue is gone, for a while: another one may take over from them';
            COMMENT ON COLUMN gone_sessions.watched IS 'the users to whose presence it had subscribed';
            CREATE INDEX gone_sessions_gone_at ON gone_sessions (gone_at);
            """
        );

    public override void Down() =>
        Execute.Sql(
            """
            DROP TABLE gone_sessions;
            ALTER TABLE sessions DROP COLUMN predecessor, DROP COLUMN known_as, DROP COLUMN move_by;
            """
        );
}
