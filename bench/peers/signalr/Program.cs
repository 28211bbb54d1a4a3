using SignalBroker.Bench.SignalR;

// A SignalR relay to measure SignalBroker beside; the command line says where: --urls http://127.0.0.1:5000.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSignalR();

var app = builder.Build();
app.MapHub<RelayHub>("/relay");
app.Run();
