using System.Globalization;
using System.Net.Sockets;
using System.Text;

/// <summary>
/// Runs inside the measured webapp, which loads it by .NET's <c>DOTNET_STARTUP_HOOKS</c>: it tells whoever connects to its
/// socket how many bytes the process has allocated.
/// </summary>
#pragma warning disable CA1050, MA0047 // .NET looks for this name, and in no namespace
internal static class StartupHook
#pragma warning restore CA1050, MA0047
{
    /// <summary>Where the process of this id listens: a name of Linux's that is no file.</summary>
    public static UnixDomainSocketEndPoint SocketOf(int processId) =>
        new($"\0signalbroker-bench-{processId.ToString(CultureInfo.InvariantCulture)}");

    /// <summary>.NET calls this before the webapp's own code.</summary>
    public static void Initialize()
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(SocketOf(Environment.ProcessId));
        listener.Listen();
        new Thread(() => Answer(listener)) { IsBackground = true }.Start();
    }

    private static void Answer(Socket listener)
    {
        while (true)
        {
            using var client = listener.Accept();
            client.Send(Encoding.ASCII.GetBytes(GC.GetTotalAllocatedBytes().ToString(CultureInfo.InvariantCulture)));
        }
    }
}
