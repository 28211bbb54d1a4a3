using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>Who has had what stored, so that nobody fills an inbox alone; and no inboxes of names that nobody bears.</summary>
[Migration(20261128_12, "20261128_12_bounds")]
public sealed class Bounds : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE sessions ADD COLUMN by_application boolean;
            COMMENT ON COLUMN sessions.by_application IS 'opened with a service key, from an address that says nothing about the user; null where a webapp of before did not say';

            ALTER TABLE inbox_entries ADD COLUMN sender text, ADD COLUMN address inet;
            COMMENT ON COLUMN inbox_entries.sender IS 'the user that has it stored; null for an application, and for a receipt';
            COMMENT ON COLUMN inbox_entries.address IS 'the address that the sender''s session was opened from';

            DELETE FROM inboxes
            WHERE NOT has_entries
              AND NOT EXISTS (SELECT FROM users WHERE users.user_id = inboxes.user_id)
              AND NOT EXISTS (SELECT FROM inbox_devices WHERE inbox_devices.user_id = inboxes.user_id)
              AND NOT EXISTS (SELECT FROM sessions WHERE sessions.user_id = inboxes.user_id);
            """
        );

    public override void Down() =>
        Execute.Sql(
            """
            ALTER TABLE inbox_entries DROP COLUMN address, DROP COLUMN sender;
            ALTER TABLE sessions DROP COLUMN by_application;
            """
        );
}
