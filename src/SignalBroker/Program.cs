using SignalBroker.Broker;
using SignalBroker.BrokerAccess;
using SignalBroker.BrokerEvents;
using SignalBroker.Compatibility;
using SignalBroker.Connect;
using SignalBroker.Exchange;
using SignalBroker.Fleet;
using SignalBroker.Inbox;
using SignalBroker.Listening;
using SignalBroker.Moderation;
using SignalBroker.Nodes;
using SignalBroker.Operations;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Turn;
using SignalBroker.Users;
using SignalBroker.Visibility;

switch (args)
{
    case [VersionCommand.Name]:
        return VersionCommand.Run();
    case [VapidKeyCommand.Name]:
        return VapidKeyCommand.Run();
    case [HealthCommand.Name, ..]:
        return await HealthCommand.RunAsync(args);
    case [NodesCommand.Name, ..]:
        return await NodesCommand.RunAsync(args);
    case [ModerationCommands.Sessions or ModerationCommands.Users or ModerationCommands.Audit, ..]:
        return await ModerationCommands.RunAsync(args);
}

return args is [CheckCommand.Name, .. var settings]
    ? await CheckCommand.RunAsync(settings, AddAll)
    : await Startup.RunAsync(args, AddAll, UseAll);

static void AddAll(WebApplicationBuilder builder)
{
    builder.AddLeaving();
    builder.AddHttp();
    builder.AddDatabase();
    builder.AddNodes();
    builder.AddBroker();
    builder.AddBrokerAccess();
    builder.AddBrokerEvents();
    builder.AddUsers();
    builder.AddSessions();
    builder.AddFleet();
    builder.AddModeration();
    builder.AddConnect();
    builder.AddListening();
    builder.AddSignals();
    builder.AddExchange();
    builder.AddVisibility();
    builder.AddRooms();
    builder.AddInbox();
    builder.AddPush();
    builder.AddPresence();
    builder.AddTurn();
    builder.AddStrangeBehaviors();
    builder.AddCompatibility();
    builder.AddHealth();
    builder.AddTelemetry();
}

static void UseAll(WebApplication app)
{
    app.UseHttp();
    app.UseArriving();
    app.MapFleet();
    app.MapBrokerAccess();
    app.MapModeration();
    app.MapConnect();
    app.MapListening();
    app.MapExchange();
    app.MapRooms();
    app.MapInbox();
    app.MapPush();
    app.MapPresence();
    app.MapTurn();
    app.MapStrangeBehaviors();
    app.MapHealth();
    app.MapTelemetry();
}
