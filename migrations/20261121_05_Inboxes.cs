using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>The inboxes: a user's stored signals, and which of the user's devices has settled which of them.</summary>
[DbContext(typeof(Schema)), Migration("20261121_05_inboxes")]
public sealed class Inboxes : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE inboxes (
                user_id          text     PRIMARY KEY,
                last_sequence    bigint   NOT NULL DEFAULT 0,
                lowest_sequence  bigint   NOT NULL DEFAULT 1,
                entries          integer  NOT NULL DEFAULT 0,
                bytes            bigint   NOT NULL DEFAULT 0,
                has_entries      boolean  NOT NULL GENERATED ALWAYS AS (entries > 0) STORED
            ) WITH (fillfactor = 50);

            COMMENT ON TABLE inboxes IS 'whoever stores, settles or expires entries of a user locks the user''s row first';
            COMMENT ON COLUMN inboxes.lowest_sequence IS 'from this sequence on, no entry has expired';
            CREATE INDEX inboxes_with_entries ON inboxes (user_id) WHERE has_entries;

            CREATE TABLE inbox_entries (
                user_id     text         NOT NULL,
                sequence    bigint       NOT NULL,
                id          text         NOT NULL,
                device      text,
                envelope    bytea        NOT NULL,
                stored_at   timestamptz  NOT NULL DEFAULT now(),
                expires_at  timestamptz  NOT NULL,
                settled_by  text[]       NOT NULL DEFAULT '{}',
                receipt_to  text,
                room        text,
                member      text,
                PRIMARY KEY (user_id, sequence)
            );

            COMMENT ON COLUMN inbox_entries.device IS 'the only device that it is for; null for all of them';
            COMMENT ON COLUMN inbox_entries.envelope IS 'the envelope without its sequence, which is known only here';
            COMMENT ON COLUMN inbox_entries.receipt_to IS 'the sender, as long as it waits for a receipt';
            COMMENT ON COLUMN inbox_entries.member IS 'the user''s member id in the room that it was sent to: its receipt names nothing else';
            ALTER TABLE inbox_entries ALTER COLUMN envelope SET STORAGE EXTERNAL;
            CREATE INDEX inbox_entries_expires_at ON inbox_entries (expires_at);

            CREATE TABLE inbox_devices (
                user_id          text         NOT NULL,
                device           text         NOT NULL,
                settled_through  bigint       NOT NULL DEFAULT 0,
                last_seen        timestamptz  NOT NULL DEFAULT now(),
                PRIMARY KEY (user_id, device)
            ) WITH (fillfactor = 80);

            COMMENT ON COLUMN inbox_devices.device IS 'empty for all of the user''s sessions without a device';
            CREATE INDEX inbox_devices_last_seen ON inbox_devices (last_seen);

            CREATE TABLE sent_signals (
                sender    text         NOT NULL,
                id        text         NOT NULL,
                sha256    bytea        NOT NULL,
                sequence  bigint,
                answer    bytea,
                sent_at   timestamptz  NOT NULL DEFAULT now(),
                PRIMARY KEY (sender, id)
            );

            COMMENT ON TABLE sent_signals IS 'what a repeat of a signal with ''store'' is answered';
            COMMENT ON COLUMN sent_signals.answer IS 'the sessions that took it, when it was not stored; what became of it in a room';
            CREATE INDEX sent_signals_sent_at ON sent_signals (sent_at);

            CREATE TABLE inbox_receipts (
                number     bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                sender     text         NOT NULL,
                id         text         NOT NULL,
                delivered  boolean      NOT NULL,
                user_id    text         NOT NULL,
                device     text,
                session    text,
                room       text,
                member     text,
                at         timestamptz  NOT NULL DEFAULT now()
            );

            COMMENT ON TABLE inbox_receipts IS 'receipts on their way from the addressee''s inbox to the sender''s';

            ALTER TABLE sessions ADD COLUMN published_through bigint NOT NULL DEFAULT 0;
            COMMENT ON COLUMN sessions.published_through IS 'the user''s stored signals up to this sequence are in the session''s queue';
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            ALTER TABLE sessions DROP COLUMN published_through;
            DROP TABLE inbox_receipts;
            DROP TABLE sent_signals;
            DROP TABLE inbox_devices;
            DROP TABLE inbox_entries;
            DROP TABLE inboxes;
            """
        );
}
