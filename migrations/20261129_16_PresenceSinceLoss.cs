using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Who has come to listen since a node was lost is listening, although the node has not been written down as back.</summary>
[Migration(20261129_16, "20261129_16_presence_since_loss")]
public sealed class PresenceSinceLoss : Migration
{
    public override void Up() =>
        DefineDevices("coalesce(nodes.reachable OR sessions.acked_at > nodes.changed_at, true)");

    public override void Down() => DefineDevices("coalesce(nodes.reachable, true)");

    private void DefineDevices(string known) =>
        Execute.Sql(
            $"""
            CREATE OR REPLACE VIEW presence_devices AS
            SELECT sessions.user_id, sessions.device,
                   CASE WHEN bool_or({known}) THEN 'listening' ELSE 'unknown' END AS state,
                   coalesce(min(sessions.acked_at) FILTER (WHERE {known}), max(nodes.changed_at)) AS since
            FROM sessions LEFT JOIN nodes ON nodes.name = sessions.node
            WHERE sessions.acked_at IS NOT NULL AND sessions.ended_at IS NULL
            GROUP BY sessions.user_id, sessions.device;
            """
        );
}
