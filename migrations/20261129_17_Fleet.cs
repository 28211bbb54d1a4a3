using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Nodes that are added, drained and removed while the webapps run.</summary>
[Migration(20261129_17, "20261129_17_fleet")]
public sealed class Fleet : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE nodes
                ALTER COLUMN seen_at DROP NOT NULL,
                ADD COLUMN listening_address   text,
                ADD COLUMN mqtt_address        text,
                ADD COLUMN stomp               boolean      NOT NULL DEFAULT true,
                ADD COLUMN amqp_address        text,
                ADD COLUMN management_address  text,
                ADD COLUMN capacity            integer      NOT NULL DEFAULT 10000,
                ADD COLUMN region              text,
                ADD COLUMN labels              text[]       NOT NULL DEFAULT '{}',
                ADD COLUMN checked_at          timestamptz,
                ADD COLUMN drains_since        timestamptz,
                ADD COLUMN surplus             integer      NOT NULL DEFAULT 0,
                ADD COLUMN moved_at            timestamptz;

            COMMENT ON COLUMN nodes.seen_at IS 'when a webapp last wrote down that it can use the node; null while none has';
            COMMENT ON COLUMN nodes.amqp_address IS 'without user and password; null for a node that only settings describe';
            COMMENT ON COLUMN nodes.checked_at IS 'when it passed its checks; it gets no sessions before';
            COMMENT ON COLUMN nodes.drains_since IS 'since when it gets no more sessions, because it is to be taken away';
            COMMENT ON COLUMN nodes.surplus IS 'how many of its sessions are to move, because it holds more than its share';
            COMMENT ON COLUMN nodes.moved_at IS 'when a webapp last told sessions of it to move';
            """
        );

    public override void Down() =>
        Execute.Sql(
            """
            DELETE FROM nodes WHERE seen_at IS NULL;
            ALTER TABLE nodes
                ALTER COLUMN seen_at SET NOT NULL,
                DROP COLUMN listening_address,
                DROP COLUMN mqtt_address,
                DROP COLUMN stomp,
                DROP COLUMN amqp_address,
                DROP COLUMN management_address,
                DROP COLUMN capacity,
                DROP COLUMN region,
                DROP COLUMN labels,
                DROP COLUMN checked_at,
                DROP COLUMN drains_since,
                DROP COLUMN surplus,
                DROP COLUMN moved_at;
            """
        );
}
