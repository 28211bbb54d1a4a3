using System.Runtime.InteropServices;

namespace SignalBroker.LocalCluster;

/// <summary>The system calls that .NET has no method for.</summary>
internal static partial class Posix
{
    public static bool IsRoot => GetEffectiveUserId() == 0;

    /// <summary>Sends a signal; a process that has already ended is no error.</summary>
    public static void Send(int processId, Signal signal) => _ = Kill(processId, (int)signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}

/// <summary>The signals in use, by their Linux numbers.</summary>
internal enum Signal
{
    Hup = 1,
    Int = 2,
    Kill = 9,
    Usr2 = 12,
    Term = 15,
    Cont = 18,
    Stop = 19,
}
