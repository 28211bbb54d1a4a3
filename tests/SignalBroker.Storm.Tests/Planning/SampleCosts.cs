using SignalBroker.Storm.Planning;

namespace SignalBroker.Storm.Tests.Planning;

/// <summary>Round costs, so that plans can be computed by hand.</summary>
public static class SampleCosts
{
    public static UnitCosts Round { get; } =
        new()
        {
            MeasuredOn = new(
                "a machine",
                new DateOnly(2026, 11, 21),
                "STOMP",
                new Dictionary<string, string> { ["RabbitMQ"] = "3.10.8", ["PostgreSQL"] = "15.8" }
            ),
            SignalBytes = 1500,
            BrokerCpuMicrosecondsPerSignal = 100,
            WebappCpuMicrosecondsPerSignal = 50,
            PostgresCpuMicrosecondsPerSignal = 1,
            BrokerCpuMicrosecondsPerConnect = 3000,
            WebappCpuMicrosecondsPerConnect = 2000,
            PostgresCpuMicrosecondsPerConnect = 500,
            NodeKiBPerListener = 100,
            NodeMiBEmpty = 200,
            NodeErlangProcessesPerListener = 19,
            PostgresBytesPerSession = 400,
        };
}
