%% Answers at once what a session is certainly allowed, so that a listener costs the webapps one question instead of four by
%% STOMP and seven by MQTT. Everything else the node asks a webapp, which knows the same rules (src/SignalBroker/BrokerAccess):
%% it denies, records, and answers for those that are no sessions.
-module(session_access).
-behaviour(rabbit_authz_backend).
-export([
    start/0,
    user_login_authorization/2,
    check_vhost_access/3,
    check_resource_access/4,
    check_topic_access/4,
    state_can_expire/0,
    expiry_timestamp/1
]).

%% In ms.
-define(LOOK_EVERY, 1_000).

start() ->
    spawn(fun put_in_place/0).

%% RabbitMQ 4 drops a backend that belongs to no plug-in as it boots, and reads its configuration again at each start.
put_in_place() ->
    Backends = application:get_env(rabbit, auth_backends, []),
    case lists:member(rabbit_auth_backend_http, Backends) andalso rabbit:is_running() of
        true ->
            application:set_env(rabbit, auth_backends, [with_access(Backend) || Backend <- Backends]);
        false ->
            ok
    end,
    timer:sleep(?LOOK_EVERY),
    put_in_place().

with_access(rabbit_auth_backend_http) -> {rabbit_auth_backend_http, ?MODULE};
with_access(Backend) -> Backend.

%% Who may log in has been asked already.
user_login_authorization(_, _) ->
    {ok, none}.

check_vhost_access({auth_user, Login, _, _} = User, VHost, Details) ->
    (VHost =:= <<"/">> andalso is_key(Login)) orelse rabbit_auth_backend_http:check_vhost_access(User, VHost, Details).

check_resource_access({auth_user, Login, _, _} = User, {resource, VHost, Kind, Name} = Resource, Permission, Context) ->
    (VHost =:= <<"/">> andalso is_key(Login) andalso may(Kind, Name, Permission, Login, is_by_mqtt(Context))) orelse
        rabbit_auth_backend_http:check_resource_access(User, Resource, Permission, Context).

check_topic_access({auth_user, Login, _, _} = User, {resource, VHost, _, Name} = Resource, Permission, Context) ->
    Key = maps:get(routing_key, Context, none),
    Variables = maps:get(variable_map, Context, #{}),
    (VHost =:= <<"/">> andalso is_key(Login) andalso Key =:= routing_key(Name, Permission, Login, is_by_mqtt(Variables))) orelse
        rabbit_auth_backend_http:check_topic_access(User, Resource, Permission, Context).

state_can_expire() ->
    false.

expiry_timestamp(_) ->
    never.

is_key(<<"s.", Random:22/binary>>) ->
    [] =:= [Character || <<Character>> <= Random, not is_base64url(Character)];
is_key(_) ->
    false.

is_base64url(C) ->
    (C >= $A andalso C =< $Z) orelse (C >= $a andalso C =< $z) orelse (C >= $0 andalso C =< $9) orelse C =:= $- orelse C =:= $_.

%% RabbitMQ names the client id with whatever an MQTT client does.
is_by_mqtt(Context) ->
    is_map_key(<<"client_id">>, Context).

%% The only routing key that the session may use with the exchange.
routing_key(<<"signals">>, write, Login, false) -> Login;
routing_key(<<"signals.mqtt">>, read, Login, true) -> Login;
routing_key(<<"signals.mqtt">>, write, _, true) ->
    case vouches_for_senders() of
        true -> <<"signals">>;
        false -> forbidden
    end;
routing_key(_, _, _, _) -> forbidden.

may(queue, Name, configure, Login, ByMqtt) ->
    Name =:= queue(Login, ByMqtt);
may(queue, Name, read, Login, ByMqtt) ->
    Name =:= queue(Login, ByMqtt);
may(queue, Name, write, Login, true) ->
    Name =:= queue(Login, true);
may(exchange, Name, read, Login, ByMqtt) ->
    routing_key(Name, read, Login, ByMqtt) =/= forbidden;
may(exchange, Name, write, Login, ByMqtt) ->
    routing_key(Name, write, Login, ByMqtt) =/= forbidden andalso listens(queue(Login, ByMqtt), ByMqtt);
may(_, _, _, _, _) ->
    false.

queue(Login, false) -> Login;
queue(Login, true) -> <<"mqtt-subscription-", Login/binary, "qos0">>.

%% By MQTT the client id that the node itself writes down is all that proves who has sent a signal.
vouches_for_senders() ->
    lists:keymember(
        rabbit_mqtt_msg_interceptor_client_id, 1, application:get_env(rabbitmq_mqtt, message_interceptors, [])
    ).

%% Before a session listens as agreed it sends nothing: whoever declares a queue that passes its dead letters on is asked
%% about in the same way.
listens(Name, ByMqtt) ->
    case rabbit_amqqueue:lookup({resource, <<"/">>, queue, Name}) of
        {ok, Queue} when ByMqtt ->
            amqqueue:get_type(Queue) =:= rabbit_mqtt_qos0_queue;
        {ok, Queue} ->
            is_pid(amqqueue:get_exclusive_owner(Queue)) andalso
                amqqueue:is_auto_delete(Queue) andalso
                not amqqueue:is_durable(Queue) andalso
                lists:all(fun is_harmless/1, amqqueue:get_arguments(Queue));
        _ ->
            false
    end.

%% RabbitMQ 4 itself gives every queue the type that it has anyway.
is_harmless(Argument) ->
    Argument =:= {<<"x-queue-type">>, longstr, <<"classic">>}.
