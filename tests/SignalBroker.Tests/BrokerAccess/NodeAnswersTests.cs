using SignalBroker.Identity;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.BrokerAccess;

/// <summary>What a node answers by itself about sessions is what a webapp would have answered.</summary>
public sealed class NodeAnswersTests(TestCluster cluster)
{
    // In Erlang: the questions on which the two differ, and on how many both say yes.
    private const string Compare = """
        Ask = fun
            (Module, {Login, topic, Name, Permission, Context}) ->
                Module:check_topic_access({auth_user, Login, [], none}, {resource, <<"/">>, topic, Name}, Permission, Context);
            (Module, {Login, Kind, Name, Permission, Context}) ->
                Module:check_resource_access({auth_user, Login, [], none}, {resource, <<"/">>, Kind, Name}, Permission, Context)
        end,
        Clients = fun(Login) -> [#{}, #{<<"client_id">> => Login}] end,
        Permissions = [configure, read, write],
        Questions =
            [
                {Login, Kind, Name, Permission, Client}
             || Login <- Logins, Kind <- [queue, exchange], Name <- Names, Permission <- Permissions, Client <- Clients(Login)
            ] ++
            [
                {Login, topic, Name, Permission, #{routing_key => Key, variable_map => Client}}
             || Login <- Logins, Name <- Names, Permission <- Permissions, Client <- Clients(Login), Key <- Keys
            ],
        %% A session that asks so has not listened as agreed, and is closed for it.
        Dangerous = fun({Login, Kind, Name, write, Client}) ->
            Login =:= hd(Logins) andalso Kind =:= exchange andalso Name =:= <<"signals.mqtt">> andalso Client =/= #{};
            (_) -> false
        end,
        Answers = [
            {Question, Ask(session_access, Question), Ask(rabbit_auth_backend_http, Question)}
         || Question <- Questions, not Dangerous(Question)
        ],
        {[Answer || {_, Own, Webapps} = Answer <- Answers, Own =/= Webapps], length([yes || {_, true, true} <- Answers])}.
        """;

    [Fact]
    public async Task They_agree_on_every_question()
    {
        await using var alice = await Listener.StartStompAsync(cluster.Api);
        string[] logins = [alice.Key, ListeningKey.Create(), "alice", "s.short"];
        string[] names =
        [
            .. logins,
            .. logins.Select(login => $"mqtt-subscription-{login}qos0"),
            "signals",
            "signals.mqtt",
            "amq.topic",
        ];
        string[] keys = [alice.Key, "signals", "#"];

        var answer = await cluster
            .NodeOf(alice.Session)
            .RunCtlAsync("eval", $"Logins = {List(logins)}, Names = {List(names)}, Keys = {List(keys)}, {Compare}");

        answer.ShouldMatch(@"^\{\[\],[1-9]\d*\}\s*$");
    }

    private static string List(string[] texts) => $"[{string.Join(", ", texts.Select(text => $"<<\"{text}\">>"))}]";
}
