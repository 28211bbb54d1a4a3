using System.Net;
using System.Net.Sockets;

namespace SignalBroker.Tests.Harness;

/// <summary>A port of this machine that nobody has.</summary>
public static class FreePort
{
    public static int Find()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
