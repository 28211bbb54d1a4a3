using Microsoft.EntityFrameworkCore.Migrations;

namespace SignalBroker.Migrations;

/// <summary>Takes a change's id as it is: EF finds no change by an id that does not begin with fourteen digits.</summary>
public sealed class ChangeIds : IMigrationsIdGenerator
{
    /// <inheritdoc />
    public string GenerateId(string name) => name;

    /// <inheritdoc />
    public string GetName(string id) => id;

    /// <inheritdoc />
    public bool IsValidId(string value) => true;
}
