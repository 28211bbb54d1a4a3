using FluentMigrator.Runner.VersionTableInfo;

namespace SignalBroker.Migrations;

/// <summary>The table in which the migrator writes down what it has applied; the webapp reads it too.</summary>
[VersionTableMetaData]
public sealed class History : IVersionTableMetaData
{
    public const string Table = "schema_changes";

    public string TableName => Table;

    /// <summary>The change's number: its date and its number of that day.</summary>
    public string ColumnName => "version";

    /// <summary>The change's id, as <see cref="Migrator.Changes"/> lists it.</summary>
    public string DescriptionColumnName => "change";

    public string AppliedOnColumnName => "applied_on";

    public string UniqueIndexName => "schema_changes_version";

    public bool CreateWithPrimaryKey => false;

    /// <summary>The connection's own schema.</summary>
    public string SchemaName => "";

    public bool OwnsSchema => false;
}
