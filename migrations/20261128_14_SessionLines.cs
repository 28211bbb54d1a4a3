using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>Which sessions are one client's, so that it can come back or be reloaded where a user may have one session.</summary>
[DbContext(typeof(Schema)), Migration("20261128_14_session_lines")]
public sealed class SessionLines : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            ALTER TABLE sessions ADD COLUMN line_sha256 bytea;
            COMMENT ON COLUMN sessions.line_sha256 IS 'the hash of what its client has in common with those before it';
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("ALTER TABLE sessions DROP COLUMN line_sha256;");
}
