using System.Runtime.InteropServices;

namespace SignalBroker.Storm.Clients;

/// <summary>What a server answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="RetryAfter">How long the server wants to be left alone; null when it does not say.</param>
/// <param name="Body">The body; only valid until the connection's next request.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HttpAnswer(int Status, TimeSpan? RetryAfter, ReadOnlyMemory<byte> Body);
