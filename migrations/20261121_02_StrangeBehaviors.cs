using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>What happened although it should not, one row for each kind, node, key, address and minute.</summary>
[DbContext(typeof(Schema)), Migration("20261121_02_strange_behaviors")]
public sealed class StrangeBehaviors : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE strange_behaviors (
                id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                kind           text        NOT NULL,
                node           text,
                listening_key  text,
                user_id        text,
                address        inet,
                minute         timestamptz NOT NULL,
                first_at       timestamptz NOT NULL,
                last_at        timestamptz NOT NULL,
                times          bigint      NOT NULL,
                detail         text        NOT NULL,
                UNIQUE NULLS NOT DISTINCT (kind, node, listening_key, address, minute)
            );

            CREATE INDEX strange_behaviors_last_at ON strange_behaviors (last_at);
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql("DROP TABLE strange_behaviors;");
}
