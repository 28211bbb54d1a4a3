using System.CommandLine;
using SignalBroker.Storm.Planning;

namespace SignalBroker.Storm.Tests.Planning;

/// <summary>What <c>storm plan</c> prints.</summary>
public sealed class PlanCommandTests : IDisposable
{
    private const string Million = "--users 1000000 --signals-per-user-minute 6";
    private readonly string path = Path.GetTempFileName();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(path);

    [Fact]
    public async Task It_prints_the_plan_with_every_assumption_and_its_number()
    {
        await SampleCosts.Round.WriteAsync(path);

        var (code, output, error) = await RunAsync($"{Million} --headroom 0.4 --costs {path}");

        error.ShouldBeEmpty();
        code.ShouldBe(0);
        output.ShouldContain("Nodes (4 cores, 16 GiB each): 22");
        output.ShouldContain("Webapps (2 cores each): 6");
        output.ShouldContain("PostgreSQL: one server with 1 core\n");
        output.ShouldContain("1,000,000 rows");
        output.ShouldContain("763 MiB");
        output.ShouldContain("leaves 40% of every core free (--headroom)");
        output.ShouldContain("within 10 minutes");
        output.ShouldContain("30% of its node's memory");
        output.ShouldContain("65,536 files");
        output.ShouldContain("Measured 2026-11-21 by STOMP, with signals of 1,500 bytes");
        output.ShouldContain("RabbitMQ 3.10.8, PostgreSQL 15.8");
        output.Split('\n').ShouldAllBe(line => line.Length <= 80);
        output.Split('\n').Single(line => line.Contains("memory  ")).ShouldEndWith("20.71  <- decides");
    }

    [Theory]
    [InlineData("", "by MQTT, with signals of 1,500 bytes")]
    [InlineData(" --protocol mqtt", "by MQTT, with signals of 1,500 bytes")]
    [InlineData(" --protocol stomp", "by STOMP, with signals of 1,500 bytes")]
    public async Task Without_a_file_it_uses_what_was_measured_for_this_version(string protocol, string measured)
    {
        var (code, output, error) = await RunAsync(Million + protocol);

        error.ShouldBeEmpty();
        code.ShouldBe(0);
        output.ShouldContain("Nodes (4 cores, 16 GiB each): ");
        output.ShouldContain(measured);
        output.Split('\n').ShouldAllBe(line => line.Length <= 80);
    }

    [Theory]
    [InlineData("--users 0 --signals-per-user-minute 6", "--users takes a number of at least 1, not '0'.")]
    [InlineData("--users many --signals-per-user-minute 6", "--users takes a number of at least 1, not 'many'.")]
    [InlineData("--users NaN --signals-per-user-minute 6", "--users takes a number of at least 1, not 'NaN'.")]
    [InlineData(
        "--users 1 --signals-per-user-minute -1",
        "--signals-per-user-minute takes a number of at least 0, not '-1'."
    )]
    [InlineData($"{Million} --headroom 1", "--headroom takes a number from 0 to 0.95, not '1'.")]
    [InlineData(
        $"{Million} --reconnect-minutes 0",
        "--reconnect-minutes takes a number of at least 0.000001, not '0'."
    )]
    [InlineData($"{Million} --spare 0.5", "--spare takes a whole number of at least 0, not '0.5'.")]
    [InlineData("--signals-per-user-minute 6", "Option '--users' is required.")]
    public void A_wrong_number_gets_one_line_that_names_the_option(string arguments, string message) =>
        Parse(arguments).Errors.Select(error => error.Message).ShouldBe([message]);

    [Fact]
    public void Large_numbers_may_be_written_the_way_people_write_them()
    {
        var result = Parse("--users 1,000,000 --signals-per-user-minute 6e0");

        result.Errors.ShouldBeEmpty();
        result.GetValue<double>("--users").ShouldBe(1_000_000);
    }

    [Fact]
    public async Task A_node_without_memory_for_listeners_is_reported()
    {
        await SampleCosts.Round.WriteAsync(path);

        var (code, output, error) = await RunAsync($"{Million} --node-memory 0.5 --costs {path}");

        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldBe("A node without listeners takes 200 MiB: --node-memory times --node-memory-share is less.\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"measuredOn": 1}""")]
    [InlineData("<html>")]
    public async Task A_file_without_costs_gets_one_line(string content)
    {
        await File.WriteAllTextAsync(path, content, Token);

        await FailsWithOneLineAsync(path);
    }

    [Theory]
    [InlineData("\"nodeKiBPerListener\": 100", "\"nodeKiBPerListener\": 0")]
    [InlineData("\"postgresCpuMicrosecondsPerSignal\": 1", "\"postgresCpuMicrosecondsPerSignal\": -1")]
    [InlineData("\"signalBytes\": 1500,", "")]
    public async Task Impossible_costs_get_one_line(string good, string bad)
    {
        await SampleCosts.Round.WriteAsync(path);
        var content = await File.ReadAllTextAsync(path, Token);
        content.ShouldContain(good);
        await File.WriteAllTextAsync(path, content.Replace(good, bad), Token);

        var error = await FailsWithOneLineAsync(path);
        error.ShouldContain(good.Split('"')[1]);
    }

    [Fact]
    public async Task A_file_that_is_missing_gets_one_line() => await FailsWithOneLineAsync(path + ".missing");

    [Fact]
    public async Task Costs_come_back_as_they_were()
    {
        await SampleCosts.Round.WriteAsync(path);

        var read = await UnitCosts.ReadAsync(path);

        read.MeasuredOn.Versions.ShouldBe(SampleCosts.Round.MeasuredOn.Versions);
        (read with { MeasuredOn = SampleCosts.Round.MeasuredOn }).ShouldBe(SampleCosts.Round);
    }

    private static async Task<string> FailsWithOneLineAsync(string path)
    {
        var (code, output, error) = await RunAsync($"{Million} --costs {path}");

        code.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldStartWith($"The costs in {path} can't be used: ");
        error.TrimEnd('\n').ShouldNotContain('\n');
        return error;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Parse(arguments).InvokeAsync(new() { Output = output, Error = error }, Token);
        return (code, output.ToString(), error.ToString());
    }

    private static ParseResult Parse(string arguments) =>
        new RootCommand { PlanCommand.Create() }.Parse($"plan {arguments}");
}
