using FluentMigrator;

namespace SignalBroker.Migrations;

/// <summary>What the names of a room's members have in common that people would take for each other.</summary>
[Migration(20261128_10, "20261128_10_name_keys")]
public sealed class NameKeys : Migration
{
    public override void Up() =>
        Execute.Sql(
            """
            ALTER TABLE room_members ADD COLUMN alias_key text, ADD COLUMN user_key text;

            COMMENT ON COLUMN room_members.alias_key IS 'the alias as people see it, whatever it is written with; made by the webapps';
            COMMENT ON COLUMN room_members.user_key IS 'the same of user_id';

            -- Members from before have no keys, nor have those that webapps of before still let in: this stands in for them.
            CREATE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
                btrim(regexp_replace(
                    translate(
                        replace(lower(normalize(name, NFKC) COLLATE "und-x-icu"), 'ß', 'ss'),
                        'аαвβсԁеεнһηјϳкκi1|ıіιӏмμ0оορрԛѕтτνԝхχуүυζς' || U&'\00AD\200B\200C\200D\200E\200F\2060\FEFF',
                        'aabbcdeehhhjjkklllllllmmoooppqsttvwxxyyyzσ'
                    ),
                    '\s+', ' ', 'g'
                ));
            COMMENT ON FUNCTION name_key(text) IS 'about what the webapps make of a name for the columns alias_key and user_key';

            DROP INDEX room_members_alias;
            CREATE UNIQUE INDEX room_members_alias_key ON room_members (room_id, alias_key) WHERE alias_key IS NOT NULL;
            """
        );

    public override void Down() =>
        Execute.Sql(
            """
            DROP INDEX room_members_alias_key;
            DROP FUNCTION name_key;
            ALTER TABLE room_members DROP COLUMN alias_key, DROP COLUMN user_key;
            CREATE UNIQUE INDEX room_members_alias ON room_members (room_id, lower(alias)) WHERE alias IS NOT NULL;
            """
        );
}
