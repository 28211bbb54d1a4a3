using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>By what each session listens, which decides its queue's name.</summary>
[Migration(20261129_15, "20261129_15_listening_protocols")]
public sealed class ListeningProtocols : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE sessions ADD COLUMN protocol text;
            COMMENT ON COLUMN sessions.protocol IS 'by what a socket logged in with the key: stomp, mqtt or sse; NULL counts as stomp';
            """
        );

    public override void Down() => Execute.Sql("ALTER TABLE sessions DROP COLUMN protocol;");
}
