using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>Web Push: where users have subscribed, and what is to be pushed to them.</summary>
[DbContext(typeof(Schema)), Migration("20261121_07_push")]
public sealed class Push : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            CREATE TABLE push_subscriptions (
                number           bigint       GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                endpoint_sha256  bytea        NOT NULL UNIQUE,
                user_id          text         NOT NULL,
                device           text,
                endpoint         text         NOT NULL,
                public_key       bytea        NOT NULL,
                secret           bytea        NOT NULL,
                content          boolean      NOT NULL,
                expires_at       timestamptz,
                registered_at    timestamptz  NOT NULL DEFAULT now(),
                last_push_at     timestamptz,
                pushed_through   bigint       NOT NULL DEFAULT 0
            ) WITH (fillfactor = 80);

            COMMENT ON COLUMN push_subscriptions.endpoint IS 'a secret: whoever knows it may push';
            COMMENT ON COLUMN push_subscriptions.content IS 'whether a push carries the newest signal';
            COMMENT ON COLUMN push_subscriptions.pushed_through IS 'the user''s stored signals up to this sequence need no push any more';
            CREATE INDEX push_subscriptions_user_id ON push_subscriptions (user_id);

            CREATE TABLE push_outbox (
                subscription     bigint       PRIMARY KEY,
                sequence         bigint       NOT NULL,
                due_at           timestamptz  NOT NULL,
                attempts         integer      NOT NULL DEFAULT 0,
                without_content  boolean      NOT NULL DEFAULT false
            ) WITH (fillfactor = 80);

            COMMENT ON TABLE push_outbox IS 'the subscriptions that are to get a push; a row comes with a stored signal, in its transaction';
            COMMENT ON COLUMN push_outbox.sequence IS 'the newest stored signal that the push is for';
            COMMENT ON COLUMN push_outbox.due_at IS 'when it is looked at; a webapp that has taken it moves this on';
            CREATE INDEX push_outbox_due_at ON push_outbox (due_at);
            """
        );

    /// <inheritdoc />
    protected override void Down(MigrationBuilder migrationBuilder) =>
        migrationBuilder.Sql(
            """
            DROP TABLE push_outbox;
            DROP TABLE push_subscriptions;
            """
        );
}
