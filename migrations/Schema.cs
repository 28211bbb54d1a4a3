using Microsoft.EntityFrameworkCore;

namespace SignalBroker.Migrations;

/// <summary>The database as EF Core's migrator sees it: a list of changes and nothing else.</summary>
public sealed class Schema(DbContextOptions<Schema> options) : DbContext(options);
