using Microsoft.AspNetCore.SignalR;

namespace SignalBroker.Bench.SignalR;

/// <summary>Each user is a group, and a signal goes to its addressee's group.</summary>
public sealed class RelayHub : Hub
{
    /// <summary>Lets the caller listen as this user.</summary>
    public Task Listen(string userId) => Groups.AddToGroupAsync(Context.ConnectionId, userId);

    /// <summary>Relays one signal; its completion tells the sender.</summary>
    public Task Relay(string to, string content) => Clients.Group(to).SendAsync("signal", content);
}
