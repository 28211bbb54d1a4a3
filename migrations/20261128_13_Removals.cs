using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Until when whoever was removed from a room is kept out of it.</summary>
[Migration(20261128_13, "20261128_13_removals")]
public sealed class Removals : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE room_departures ADD COLUMN removed_until timestamptz, ADD COLUMN removed_member text;

            COMMENT ON TABLE room_departures IS 'users who have left or were removed; those who are not kept out go when somebody leaves the same room';
            COMMENT ON COLUMN room_departures.left_at IS 'for a moment after this a webapp may still take the user for the member that it was';
            COMMENT ON COLUMN room_departures.removed_until IS 'until when the user is kept out; null for who has left';
            COMMENT ON COLUMN room_departures.removed_member IS 'the member id by which the owner lets the user in again';
            """
        );

    public override void Down() =>
        Execute.Sql(
            """
            ALTER TABLE room_departures DROP COLUMN removed_until, DROP COLUMN removed_member;

            COMMENT ON TABLE room_departures IS 'users who have just left, and whom a webapp may still take for the member that they were; others may stay until somebody leaves the same room';
            COMMENT ON COLUMN room_departures.left_at IS NULL;
            """
        );
}
