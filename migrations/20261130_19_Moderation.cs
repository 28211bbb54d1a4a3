using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Users who may not connect for a while, and the record of what operators and backends did to sessions.</summary>
[Migration(20261130_19, "20261130_19_moderation")]
public sealed class Moderation : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            CREATE TABLE blocks (
                user_id     text         COLLATE "C" PRIMARY KEY,
                until       timestamptz  NOT NULL,
                reason      text,
                blocked_by  text         NOT NULL,
                blocked_at  timestamptz  NOT NULL DEFAULT now()
            );

            COMMENT ON TABLE blocks IS 'users who may not connect until a time';
            COMMENT ON COLUMN blocks.blocked_by IS 'the name of the application whose service key it was, or operator';
            CREATE INDEX blocks_until ON blocks (until);

            CREATE TABLE audit_log (
                id           bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at           timestamptz  NOT NULL DEFAULT now(),
                act          text         NOT NULL,
                done_by      text         NOT NULL,
                address      inet         NOT NULL,
                target_kind  text         NOT NULL,
                target       text         NOT NULL,
                until        timestamptz,
                sessions     integer      NOT NULL DEFAULT 0,
                reason       text
            );

            COMMENT ON TABLE audit_log IS 'what operators and backends did to sessions and users';
            COMMENT ON COLUMN audit_log.address IS 'where the request came from';
            COMMENT ON COLUMN audit_log.sessions IS 'how many sessions it has ended';
            CREATE INDEX audit_log_at ON audit_log (at);
            """
        );

    public override void Down() => Execute.Sql("DROP TABLE audit_log; DROP TABLE blocks;");
}
