using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Which sessions are one client's, so that it can come back or be reloaded where a user may have one session.</summary>
[Migration(20261128_14, "20261128_14_session_lines")]
public sealed class SessionLines : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE sessions ADD COLUMN line_sha256 bytea;
            COMMENT ON COLUMN sessions.line_sha256 IS 'the hash of what its client has in common with those before it';
            """
        );

    public override void Down() => Execute.Sql("ALTER TABLE sessions DROP COLUMN line_sha256;");
}
