using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;

namespace SignalBroker.LocalCluster.Tests;

/// <summary>What a test may do to the parts of a cluster.</summary>
public sealed class PartTests(OneNode fixture) : IClassFixture<OneNode>
{
    private static readonly HttpClient Http = new();
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    private Cluster Cluster => fixture.Cluster;

    private Node Node => Cluster.Nodes[0];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_knows_its_internal_users_and_no_guest()
    {
        (await Node.RunCtlAsync("list_users")).ShouldNotContain("guest");
        (await AskManagementAsync("api/whoami")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_killed_node_comes_back_at_the_same_address_with_its_data()
    {
        var address = Node.ManagementAddress;
        await Node.RunCtlAsync("add_vhost", "kept");

        await Node.KillAsync();
        Node.IsRunning.ShouldBeFalse();
        await Should.ThrowAsync<HttpRequestException>(() => AskManagementAsync("api/whoami"));
        await Node.StartAsync(Token);

        Node.ManagementAddress.ShouldBe(address);
        (await AskManagementAsync("api/vhosts/kept")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_stopped_node_can_be_started_again()
    {
        await Node.StopAsync(Token);
        await Node.StartAsync(Token);

        (await AskManagementAsync("api/whoami")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_paused_node_does_not_answer_until_it_is_resumed()
    {
        Node.Pause();
        var answer = AskManagementAsync("api/whoami");
        await ShouldNotComeAsync(answer);
        Node.Resume();

        (await answer).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_black_hole_before_the_management_port_holds_every_answer_back()
    {
        Node.ManagementProxy!.Blackhole();
        var answer = AskManagementAsync("api/whoami");
        await ShouldNotComeAsync(answer);
        Node.ManagementProxy.Forward();

        (await answer).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_killed_PostgreSQL_comes_back_with_its_data()
    {
        await ExecuteAsync("CREATE TABLE kept AS SELECT 42 AS answer");

        await Cluster.Postgres.KillAsync();
        await Should.ThrowAsync<NpgsqlException>(() => ExecuteAsync("SELECT 1"));
        await Cluster.Postgres.StartAsync(Token);

        (await ExecuteAsync("SELECT answer FROM kept")).ShouldBe(42);
    }

    [Fact]
    public async Task A_paused_PostgreSQL_holds_connections_open_but_does_not_answer()
    {
        await using var connection = new NpgsqlConnection($"{Cluster.Postgres.ConnectionString};Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand("SELECT 1", connection);

        Cluster.Postgres.Pause();
        var answer = command.ExecuteScalarAsync(Token);
        await ShouldNotComeAsync(answer);
        Cluster.Postgres.Resume();

        (await answer).ShouldBe(1);
    }

    [Fact]
    public async Task Only_an_end_that_nobody_asked_for_is_reported()
    {
        await Cluster.Postgres.RestartAsync(Token);
        await Cluster.Postgres.KillAsync();
        await Cluster.Postgres.StartAsync(Token);
        using var process = Process.GetProcessById(Node.ProcessId);
        process.Kill();

        (await fixture.Died.ReadAsync(Token)).ShouldBe(Node);
        await Node.StartAsync(Token);
    }

    private static Task<TimeoutException> ShouldNotComeAsync(Task answer) =>
        Should.ThrowAsync<TimeoutException>(() => answer.WaitAsync(Moment, TimeProvider.System, Token));

    private async Task<HttpStatusCode> AskManagementAsync(string path)
    {
        var address = new Uri($"{Node.ManagementAddress}{path}");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var credential = Convert.ToBase64String(Encoding.UTF8.GetBytes(address.UserInfo));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credential);
        using var response = await Http.SendAsync(request, Token);
        return response.StatusCode;
    }

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{Cluster.Postgres.ConnectionString};Pooling=false");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }
}
