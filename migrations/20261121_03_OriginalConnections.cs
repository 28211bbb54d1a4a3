using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>The broker connections of the original project's pages, which bear a user's name and not a session's.</summary>
[DbContext(typeof(Schema)), Migration("20261121_03_original_connections")]
public sealed class OriginalConnections : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE original_connections (
                node           text        NOT NULL,
                pid            text        NOT NULL,
                name           text,
                listening_key  text,
                created_at     timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (node, pid)
            );

            COMMENT ON COLUMN original_connections.pid IS 'the process on the node that owns the queue and is the connection';
            CREATE INDEX original_connections_listening_key ON original_connections (listening_key);
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("DROP TABLE original_connections;");
}
