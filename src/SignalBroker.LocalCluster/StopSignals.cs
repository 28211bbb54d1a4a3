using System.Runtime.InteropServices;

namespace SignalBroker.LocalCluster;

/// <summary>Cancels a token at the first SIGINT, SIGTERM or SIGHUP; the second one ends this process at once.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly PosixSignalRegistration[] registrations;

    public StopSignals() =>
        registrations = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];

    public CancellationToken Token => stopping.Token;

    public void Dispose()
    {
        Array.ForEach(registrations, registration => registration.Dispose());
        stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext signal)
    {
        signal.Cancel = !stopping.IsCancellationRequested;
        stopping.Cancel();
    }
}
