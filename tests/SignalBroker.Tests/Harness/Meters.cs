using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace SignalBroker.Tests.Harness;

/// <summary>What makes meters for objects that a test creates by itself.</summary>
public static class Meters
{
    public static IMeterFactory Factory { get; } =
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
}
