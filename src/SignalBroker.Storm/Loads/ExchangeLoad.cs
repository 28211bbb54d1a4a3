using System.Diagnostics;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Loads;

/// <summary>How signals are sent.</summary>
public sealed record ExchangeOptions
{
    /// <summary>How many signals are due per second; null for as many as the senders manage.</summary>
    public double? Rate { get; init; } = 500;

    public int Senders { get; init; } = 64;

    /// <summary>How many bytes of content a signal has.</summary>
    public int Payload { get; init; } = 1500;

    /// <summary>How many signals are due at once; 1 for a steady load.</summary>
    public int Burst { get; init; } = 1;

    /// <summary>How long a signal that was confirmed may take to arrive, once the sending is over.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Users send signals to each other.</summary>
public sealed class ExchangeLoad(LoadOptions options, ExchangeOptions exchange) : Load(options)
{
    public override string Name => "exchange";

    public override string Title =>
        exchange switch
        {
            { Rate: null } =>
                $"{exchange.Senders} senders exchange signals of {exchange.Payload} bytes as fast as they can.",
            { Burst: > 1 } =>
                $"Bursts of {exchange.Burst} signals of {exchange.Payload} bytes, one every {exchange.Burst / exchange.Rate:0.##} s.",
            _ => $"{exchange.Rate:0.#} signals of {exchange.Payload} bytes are exchanged per second.",
        };

    public override IReadOnlyDictionary<string, string> OwnOptions => OptionsOf(exchange);

    internal override async Task RunAsync(LoadRun run, CancellationToken cancellationToken)
    {
        await run.ConnectAllAsync(null, cancellationToken);
        await ExchangeAsync(run, exchange, Options.Duration, cancellationToken);
    }

    internal static Dictionary<string, string> OptionsOf(ExchangeOptions exchange) =>
        Typed([
            exchange.Rate is { } rate ? ("--rate", rate) : ("--saturate", ""),
            ("--senders", exchange.Senders),
            ("--payload", exchange.Payload),
            .. exchange.Burst > 1 ? [("--burst", exchange.Burst)] : ((string, object)[])[],
        ]);

    /// <summary>Lets the users that are listening send for a time, and sums it up.</summary>
    internal static async Task ExchangeAsync(
        LoadRun run,
        ExchangeOptions exchange,
        TimeSpan duration,
        CancellationToken cancellationToken
    )
    {
        var (before, uses, began) = (run.Fleet.Totals, run.Uses(), Stopwatch.GetTimestamp());
        await run.Fleet.OrderAsync(worker =>
        {
            // Bursts keep their rhythm: each worker has its part of every one of them.
            var burst = exchange.Burst == 1 ? 1 : Math.Max(1, run.Fleet.ShareOf(worker, exchange.Burst));
            var share = exchange.Burst == 1 ? 1.0 / run.Fleet.Count : burst / (double)exchange.Burst;
            return new Send(
                Math.Max(1, run.Fleet.ShareOf(worker, exchange.Senders)),
                exchange.Payload,
                exchange.Rate * share,
                burst
            );
        });
        await run.LastAsync(duration, cancellationToken);
        var span = Stopwatch.GetElapsedTime(began);
        var (sent, after) = (run.Fleet.Totals, run.Uses());

        run.Enter("draining");
        await run.Fleet.CarryOutAsync(_ => new StopSending(exchange.Drain.TotalSeconds), cancellationToken);
        var received = run.Fleet.Totals.Received - before.Received;
        run.Add("signals per second", (sent.Received - before.Received) / span.TotalSeconds, "/s");
        run.Add("signals lost", run.Fleet.Totals.Lost, "");
        foreach (var (name, now) in after)
        {
            var cpu = now.Cpu - uses.GetValueOrDefault(name).Cpu;
            run.Add($"CPU per signal of {name}", cpu.TotalMicroseconds / Math.Max(1, received), "µs");
        }
    }
}
