using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using SignalBroker.Client;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Reports;
using SignalBroker.Storm.Results;
using SignalBroker.Storm.Status;
using Spectre.Console;

namespace SignalBroker.Storm.Loads;

/// <summary>Runs loads one after the other, shows them, and writes one report of all.</summary>
public static class Runner
{
    private const int Done = 0;
    private const int Failure = 1;
    private const int Interrupted = 130;
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Runs them until they are done, one fails or a signal comes.</summary>
    /// <returns>The exit code: 0, 1 when a load could not be carried out, 130 after Ctrl-C.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<Load> loads)
    {
        if (loads.Select(load => load.Problem).OfType<string>().FirstOrDefault() is { } problem)
        {
            return Refuse(problem);
        }

        using var stopping = new CancellationTokenSource();
        void OnSignal(PosixSignalContext signal)
        {
            // The second one ends this process at once, and with it the workers' input.
            signal.Cancel = !stopping.IsCancellationRequested;
            stopping.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        var options = loads[0].Options;
        var reports = new List<LoadReport>();
        try
        {
            CheckFolderOf(options.Log);
            foreach (var url in options.Urls)
            {
                await ProbeAsync(url);
            }

            await RunAllAsync(loads, reports, stopping.Token);
        }
        catch (Exception failure) when (failure is LoadFailedException or IOException)
        {
            return Refuse(failure.Message);
        }

        var written = await WriteAsync(reports, options);
        return !written || reports.Any(report => report.Phase == "failed") ? Failure
            : stopping.IsCancellationRequested ? Interrupted
            : Done;
    }

    private static async Task RunAllAsync(
        IReadOnlyList<Load> loads,
        List<LoadReport> reports,
        CancellationToken stopping
    )
    {
        Func<LoadReport>? current = null;
        StatusServer? status = null;
        try
        {
            foreach (var load in loads)
            {
                await using var run = await LoadRun.StartAsync(load);
                current = run.Snapshot;
                if (status is null && load.Options.StatusPort is { } port)
                {
                    status = await StatusServer.StartAsync(port, () => current());
                    Console.WriteLine($"Status: {status.Address}");
                }

                var failed = await RunAsync(run, load, stopping);
                reports.Add(run.Snapshot());
                if (failed is not null)
                {
                    Refuse(failed);
                    return;
                }

                if (stopping.IsCancellationRequested)
                {
                    return;
                }
            }
        }
        finally
        {
            await (status?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    // Returns why it failed, or null.
    private static async Task<string?> RunAsync(LoadRun run, Load load, CancellationToken stopping)
    {
        using var over = new CancellationTokenSource();
        var view = load.Options.Quiet
            ? Task.CompletedTask
            : TerminalView.ShowAsync(AnsiConsole.Console, TimeProvider.System, run.Snapshot, over.Token);
        var (outcome, failed) = ("done", (string?)null);
        try
        {
            await load.RunAsync(run, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            outcome = "stopped";
        }
        catch (Exception failure)
            when (failure is LoadFailedException or SignalBrokerException || Failures.MayPass(failure))
        {
            (outcome, failed) = ("failed", failure.Message);
        }

        await run.EndAsync(outcome);
        await over.CancelAsync();
        await view;
        if (!load.Options.Quiet)
        {
            foreach (var figure in run.Snapshot().Figures)
            {
                Console.WriteLine($"{figure.Name}: {figure.Value:0.##} {figure.Unit}".TrimEnd());
            }
        }

        foreach (var hint in Hints.For(run.Snapshot()))
        {
            await Console.Error.WriteLineAsync($"storm: {hint}");
        }

        return failed;
    }

    private static async Task<bool> WriteAsync(List<LoadReport> reports, LoadOptions options)
    {
        try
        {
            if (options.Json is { } json)
            {
                CreateFolderOf(json);
                await JsonReport.WriteAsync(reports, json);
            }

            if (options.Report is { } html)
            {
                CreateFolderOf(html);
                await ReportPage.WriteAsync(reports, html);
                Console.WriteLine($"Report: {Path.GetFullPath(html)}");
            }

            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Refuse($"The report can't be written: {failure.Message}");
            return false;
        }
    }

    private static void CheckFolderOf(string? log)
    {
        if (log is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(log))))
        {
            throw new LoadFailedException($"There is no folder for {log}.");
        }
    }

    private static void CreateFolderOf(string file) =>
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);

    // Without a credential, SignalBroker answers 401 to /exchange.
    private static async Task ProbeAsync(Uri url)
    {
        using var connection = new HttpConnection(url, new SourceAddresses()) { Patience = ProbeLimit };
        try
        {
            var answer = await connection.PostAsync("/exchange", null, "application/json", "{}");
            if (answer.Status is not (401 or 429))
            {
                throw new LoadFailedException($"{url} is not SignalBroker: it answers {answer.Status} to /exchange.");
            }
        }
        catch (Exception failure)
            when (failure
                    is SocketException
                        or IOException
                        or TimeoutException
                        or InvalidDataException
                        or AuthenticationException
            )
        {
            throw new LoadFailedException($"{url} can't be reached: {failure.Message}", failure);
        }
    }

    private static int Refuse(string why)
    {
        Console.Error.WriteLine($"storm: {why}");
        return Failure;
    }
}
