%% Closes browsers' sockets that take more of the node's memory than any listener needs, by themselves or by their queue,
%% and those through which nobody listens. RabbitMQ bounds neither what a transaction holds, nor what a listener never
%% settles, nor, before 4.3, what a stranger sends. It also keeps out of the node's log what browsers can make RabbitMQ
%% write there: a crash report quotes a second CONNECT with its passcode, and each wrong guess is five lines.
-module(socket_guard).
-export([start/1, log/2]).

-define(LARGEST, 8 * 1024 * 1024).
-define(LISTEN_WITHIN, 10_000).

%% In ms. Sizes are looked at when the node's memory has grown by a part of what one socket may take, or after a while.
-define(GLANCE_EVERY, 20).
-define(LOOK_EVERY, 5_000).
-define(GROWTH, 2 * 1024 * 1024).

%% Listeners must not notice that it looks: it does so for so many µs at a stretch, and then rests many times as long.
-define(STRETCH, 500).
-define(REST, 20).

%% So many large signals are still far from what a socket may take.
-define(WAITING, 50).

%% How the lines begin that logins, refusals and lost sockets make.
-define(OF_BROWSERS, [
    "STOMP ",
    "Web STOMP",
    "AMQP 0-9-1 client call timeout",
    "User '~ts' authenticated successfully",
    "User '~ts' failed to authenticate"
]).

start(Port) ->
    ok = logger:add_primary_filter(?MODULE, {fun ?MODULE:log/2, none}),
    %% What floods the node must not keep the guard from its turn.
    spawn_opt(fun() -> watch_sizes(Port, used(), now_in_ms()) end, [{priority, high}]),
    spawn(fun() -> watch_listening(Port, #{}) end).

watch_sizes(Port, UsedBefore, LookedAt) ->
    timer:sleep(?GLANCE_EVERY),
    Used = used(),
    case Used > UsedBefore + ?GROWTH orelse now_in_ms() > LookedAt + ?LOOK_EVERY of
        true ->
            try_to(fun() -> close_the_large(Port) end, Port, none),
            watch_sizes(Port, Used, now_in_ms());
        false ->
            watch_sizes(Port, min(Used, UsedBefore), LookedAt)
    end.

watch_listening(Port, Idle) ->
    timer:sleep(?LOOK_EVERY),
    watch_listening(Port, try_to(fun() -> close_the_idle(Port, Idle) end, Port, Idle)).

try_to(Look, Port, Otherwise) ->
    try
        Look()
    catch
        _:Reason ->
            logger:warning("The sockets of port ~b can't be looked at: ~p", [Port, Reason]),
            Otherwise
    end.

close_the_large(Port) ->
    in_stretches(fun close_if_large/1, socket_supervisors(Port)),
    in_stretches(fun close_owner_if_large/1, queue_supervisors()).

close_if_large(Supervisor) ->
    [
        close(Socket, inet:peername(Tcp))
     || Socket <- children(Supervisor), is_suspect(Socket), Tcp <- links(Socket), is_port(Tcp), is_too_large(Socket)
    ].

close_owner_if_large(Supervisor) ->
    [
        close(Owner, Key)
     || Queue <- children(Supervisor), held(Queue) > ?LARGEST, is_too_large(Queue), {Owner, Key} <- owner(Queue)
    ].

%% Returns since when nobody listens through each of the sockets without a queue.
close_the_idle(Port, Before) ->
    Supervisors = socket_supervisors(Port),
    Now = now_in_ms(),
    Queues = maps:from_keys(lists:flatmap(fun children/1, queue_supervisors()), queue),
    Idle = [
        {Socket, maps:get(Socket, Before, Now)}
     || Supervisor <- Supervisors, Socket <- children(Supervisor), is_idle(Socket, Queues)
    ],
    [exit(Socket, shutdown) || {Socket, Since} <- Idle, Now > Since + ?LISTEN_WITHIN],
    maps:from_list(Idle).

%% Once somebody has logged in, the socket's process is linked to its connection and its channel inside the broker, and an
%% exclusive queue monitors the connection that declared it.
is_idle(Socket, Queues) ->
    case lists:partition(fun is_port/1, links(Socket)) of
        {[_], Linked} -> not lists:any(fun(Process) -> has_queue(Process, Queues) end, Linked);
        _ -> false
    end.

has_queue(Process, Queues) ->
    {_, Monitors} = info(Process, monitored_by),
    lists:any(fun(Monitor) -> is_map_key(Monitor, Queues) end, Monitors).

in_stretches(Work, Items) ->
    in_stretches(Work, Items, now_in_us()).

in_stretches(_, [], _) ->
    ok;
in_stretches(Work, [Item | Items], Begin) ->
    Work(Item),
    case now_in_us() - Begin of
        Worked when Worked > ?STRETCH ->
            timer:sleep(min(Worked * ?REST div 1000, ?LOOK_EVERY)),
            in_stretches(Work, Items, now_in_us());
        _ ->
            in_stretches(Work, Items, Begin)
    end.

%% Each socket has a supervisor of its own.
socket_supervisors(Port) ->
    [Supervisor || Listener <- listeners(Port), Supervisor <- ranch:procs(Listener, connections)].

%% None while the node starts.
listeners(Port) ->
    [Listener || whereis(ranch_sup) =/= undefined, {acceptor, _, P} = Listener <- maps:keys(ranch:info()), P =:= Port].

%% Each queue has a supervisor of its own.
queue_supervisors() ->
    [
        Supervisor
     || whereis(rabbit) =/= undefined,
        {ok, All} <- [rabbit_amqqueue_sup_sup:find_for_vhost(<<"/">>)],
        Supervisor <- children(All)
    ].

%% The connection that declared a session's queue, whose socket goes with it, and the session's key. What the queue holds
%% beside waiting signals was never settled.
owner(Queue) ->
    {_, Entries} = info(Queue, dictionary),
    [
        {Owner, Key}
     || {process_name, {_, {resource, _, queue, <<"s.", _/binary>> = Key} = Name}} <- Entries,
        {ok, Record} <- [rabbit_amqqueue:lookup(Name)],
        Owner <- [amqqueue:get_exclusive_owner(Record)],
        is_pid(Owner)
    ].

%% A supervisor is linked to them and to its own.
children(Supervisor) ->
    {_, Parent} = info(Supervisor, parent),
    [Child || Child <- links(Supervisor), is_pid(Child), Child =/= Parent].

links(Process) ->
    {links, Links} = info(Process, links),
    Links.

info(Process, Item) ->
    case process_info(Process, Item) of
        undefined -> {Item, []};
        Info -> Info
    end.

%% A process counts what its waiting messages refer to only when it collects its garbage.
is_suspect(Socket) ->
    held(Socket) > ?LARGEST orelse process_info(Socket, message_queue_len) > {message_queue_len, ?WAITING}.

%% Some of it may be garbage; where it can't all be, collecting it would only take more memory.
is_too_large(Process) ->
    held(Process) > 4 * ?LARGEST orelse (garbage_collect(Process) andalso held(Process) > ?LARGEST).

%% The bytes of the process and of the binaries that it refers to. The list of these binaries is no help: Erlang 25 leaves
%% out those that a body is made of while it arrives.
held(Process) ->
    case process_info(Process, [memory, garbage_collection_info]) of
        [{memory, Memory}, {_, Heap}] ->
            Words = [proplists:get_value(Name, Heap) || Name <- [bin_vheap_size, bin_old_vheap_size]],
            Memory + lists:sum(Words) * erlang:system_info(wordsize);
        undefined ->
            0
    end.

close(Process, Whose) ->
    logger:warning("Closed the socket of ~p, which held more than ~b bytes", [Whose, ?LARGEST]),
    exit(Process, kill).

used() ->
    lists:sum([Bytes || {_, Bytes} <- erlang:memory([processes, binary])]).

now_in_ms() ->
    erlang:monotonic_time(millisecond).

now_in_us() ->
    erlang:monotonic_time(microsecond).

%% The filter of the node's log.
log(#{msg := {report, #{report := [{supervisor, {_, rabbit_web_stomp_connection_sup}} | _]}}}, _) ->
    stop;
log(#{msg := {report, #{report := [[_ | _] = Crash | _]}}} = Event, _) ->
    case lists:keyfind(initial_call, 1, Crash) of
        {_, {cowboy_clear, connection_process, _}} -> stop;
        _ -> Event
    end;
log(#{msg := {string, Text}} = Event, _) ->
    unless_of_browsers(Text, Event);
log(#{msg := {Format, _}} = Event, _) ->
    unless_of_browsers(Format, Event);
log(Event, _) ->
    Event.

unless_of_browsers(Text, Event) ->
    case is_list(Text) andalso lists:any(fun(Start) -> lists:prefix(Start, Text) end, ?OF_BROWSERS) of
        true -> stop;
        false -> Event
    end.
