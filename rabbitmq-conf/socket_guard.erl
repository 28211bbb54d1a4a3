%% Closes browsers' sockets that take more of the node's memory than any listener needs, by themselves or by their queue,
%% and those through which nobody listens. RabbitMQ bounds neither what a transaction holds, nor what a listener never
%% settles, nor, before 4.3, what a stranger sends. It also keeps out of the node's log what browsers can make RabbitMQ
%% write there: a crash report quotes a second CONNECT with its passcode, and each wrong guess is five lines.
-module(socket_guard).
-behaviour(gen_event).
-export([start/0, log/2, init/1, handle_event/2, handle_call/2]).

%% In bytes. A heap is copied whenever its garbage is collected, so that it may be less than what lies outside of it.
-define(LARGEST, 8 * 1024 * 1024).
-define(LARGEST_HEAP, 6 * 1024 * 1024).
-define(LISTEN_WITHIN, 10_000).

%% In ms. Traffic is looked at when the node's memory has grown by a part of what one socket may take, or after a while.
-define(GLANCE_EVERY, 20).
-define(LOOK_EVERY, 5_000).
-define(GROWTH, 2 * 1024 * 1024).

%% A socket is looked at when so many bytes have gone through it since the last time.
-define(TRAFFIC, 2 * 1024 * 1024).

%% Listeners must not notice that it looks: it does so for so many µs at a stretch, and then rests some times as long; longer
%% after looking at traffic, which may be done all the time.
-define(STRETCH, 500).
-define(REST_OF_IDLE, 5).
-define(REST_OF_TRAFFIC, 20).

%% So many large signals are still far from what a socket may take.
-define(WAITING, 50).

%% How the lines begin that logins, refusals and lost sockets make.
-define(UNWANTED, [
    "STOMP ",
    "Web STOMP",
    "MQTT ",
    "Web MQTT",
    "Rejected Web MQTT",
    "Rejected MQTT",
    "Failed to add binding between",
    "AMQP 0-9-1 client call timeout",
    "User '~ts' authenticated successfully",
    "User '~ts' failed to authenticate"
]).

start() ->
    ok = logger:add_primary_filter(?MODULE, {fun ?MODULE:log/2, none}),
    %% What floods the node must not keep the guard from its turn.
    spawn_opt(fun watch_heaps/0, [{priority, high}]),
    spawn_opt(fun() -> watch_traffic(#{}, used(), now_in_ms()) end, [{priority, high}]),
    spawn(fun() -> watch_listening(#{}) end).

%% Whose heap is large the runtime tells by itself, through RabbitMQ's monitor of the system.
watch_heaps() ->
    case whereis(sysmon_handler) of
        undefined ->
            timer:sleep(?GLANCE_EVERY);
        Monitor ->
            monitor(process, Monitor),
            ok = gen_event:add_handler(Monitor, {?MODULE, self()}, self()),
            close_those_told()
    end,
    watch_heaps().

close_those_told() ->
    receive
        {large_heap, Process} ->
            try_to(fun() -> close_if_large(Process, ?LARGEST_HEAP, ports()) end, ok),
            close_those_told();
        {'DOWN', _, process, _, _} ->
            ok
    end.

init(Watcher) ->
    {ok, Watcher}.

handle_event({monitor, Process, large_heap, _}, Watcher) ->
    Watcher ! {large_heap, Process},
    {ok, Watcher};
handle_event(_, Watcher) ->
    {ok, Watcher}.

handle_call(_, Watcher) ->
    {ok, ok, Watcher}.

%% What a socket has sent, and what it was sent and has not settled, may be held outside of the heaps.
watch_traffic(Known, UsedBefore, LookedAt) ->
    timer:sleep(?GLANCE_EVERY),
    Used = used(),
    case Used > UsedBefore + ?GROWTH orelse now_in_ms() > LookedAt + ?LOOK_EVERY of
        true ->
            Ports = ports(),
            Look = fun(Tcp, Looked) -> close_after_traffic(Tcp, Ports, Known, Looked) end,
            Looked = try_to(fun() -> in_stretches(Look, #{}, ?REST_OF_TRAFFIC) end, Known),
            watch_traffic(Looked, Used, now_in_ms());
        false ->
            watch_traffic(Known, min(Used, UsedBefore), LookedAt)
    end.

%% Returns the traffic at which each socket was looked at.
close_after_traffic(Tcp, Ports, Known, Looked) ->
    Before = maps:get(Tcp, Known, 0),
    {Bytes, Unsent} = traffic(Tcp),
    Moved = Bytes > Before + ?TRAFFIC,
    %% What a client that has stopped reading by MQTT is sent waits in the process of its socket.
    [
        close_if_large(Process, ?LARGEST, Ports)
     || Moved orelse Unsent > 0, Socket <- holder(Tcp, Ports), Process <- [Socket | queues(Socket)]
    ],
    if
        Moved -> Looked#{Tcp => Bytes};
        Before > 0 -> Looked#{Tcp => Before};
        true -> Looked
    end.

traffic(Tcp) ->
    case inet:getstat(Tcp, [recv_oct, send_oct, send_pend]) of
        {ok, Counted} ->
            [Received, Sent, Unsent] = [proplists:get_value(Name, Counted) || Name <- [recv_oct, send_oct, send_pend]],
            {Received + Sent, Unsent};
        _ ->
            {0, 0}
    end.

watch_listening(Idle) ->
    timer:sleep(?LOOK_EVERY),
    watch_listening(try_to(fun() -> close_the_idle(Idle) end, Idle)).

%% Returns since when nobody listens through each of the sockets without a queue.
close_the_idle(Before) ->
    {Now, Ports} = {now_in_ms(), ports()},
    Listening = listening(),
    Look = fun(Tcp, Idle) ->
        case [Socket || Socket <- holder(Tcp, Ports), not listens(Socket, Listening), is_clients(Socket)] of
            [_] -> Idle#{Tcp => maps:get(Tcp, Before, Now)};
            [] -> Idle
        end
    end,
    Idle = in_stretches(Look, #{}, ?REST_OF_IDLE),
    delete_abandoned(),
    close_unless_listening([Tcp || {Tcp, Since} <- maps:to_list(Idle), Now > Since + ?LISTEN_WITHIN], Ports),
    Idle.

close_unless_listening([], _) ->
    [];
close_unless_listening(Due, Ports) ->
    Listening = listening(),
    [
        exit(Socket, shutdown)
     || Tcp <- Due, Socket <- holder(Tcp, Ports), is_clients(Socket), not listens(Socket, Listening)
    ].

try_to(Look, Otherwise) ->
    try
        Look()
    catch
        _:Reason ->
            logger:warning("The listeners' sockets can't be looked at: ~p", [Reason]),
            Otherwise
    end.

%% Looks at every socket and port of the node.
in_stretches(Look, State, Rest) ->
    in_stretches(Look, State, Rest, erlang:ports(), now_in_us()).

in_stretches(_, State, _, [], _) ->
    State;
in_stretches(Look, State, Rest, [Tcp | Others], Begin) ->
    Next = Look(Tcp, State),
    case now_in_us() - Begin of
        Looked when Looked > ?STRETCH ->
            timer:sleep(Looked * Rest div 1000),
            in_stretches(Look, Next, Rest, Others, now_in_us());
        _ ->
            in_stretches(Look, Next, Rest, Others, Begin)
    end.

%% The ports at which browsers and other clients listen.
ports() ->
    ports(rabbitmq_web_stomp) ++ mqtt_ports().

mqtt_ports() ->
    WithoutWebSockets = application:get_env(rabbitmq_mqtt, tcp_listeners, []),
    ports(rabbitmq_web_mqtt) ++ [Port || {_, Port} <- WithoutWebSockets].

ports(Listener) ->
    [Port || {ok, Settings} <- [application:get_env(Listener, tcp_config)], {port, Port} <- Settings].

%% The process that holds a TCP socket of one of the ports; while it is being accepted, this is still its supervisor.
holder(Tcp, Ports) ->
    [
        Process
     || {name, "tcp_inet"} <- [erlang:port_info(Tcp, name)],
        {ok, {_, Port}} <- [inet:sockname(Tcp)],
        lists:member(Port, Ports),
        {connected, Process} <- [erlang:port_info(Tcp, connected)]
    ].

is_clients(Process) ->
    {_, Entries} = info(Process, dictionary),
    lists:member(element(1, proplists:get_value('$initial_call', Entries, {none})), [cowboy_clear, rabbit_mqtt_reader]).

%% An exclusive queue is owned by the connection that declared it. By MQTT this is the socket's process; by STOMP the socket's
%% process is linked to it, and to its channel, once somebody has logged in.
listens(Socket, Listening) ->
    lists:any(fun(Process) -> is_map_key(Process, Listening) end, [Socket | links(Socket)]).

listening() ->
    Owners = [
        Owner
     || whereis(rabbit) =/= undefined,
        Queue <- rabbit_amqqueue:list(<<"/">>),
        Owner <- [amqqueue:get_exclusive_owner(Queue)],
        is_pid(Owner)
    ],
    maps:from_keys(Owners, true).

queues(Socket) ->
    [
        Monitor
     || Process <- links(Socket),
        is_pid(Process),
        {_, Monitors} <- [info(Process, monitored_by)],
        Monitor <- Monitors,
        is_pid(Monitor),
        name(Monitor) =/= []
    ].

%% The name of a queue, by its process.
name(Queue) ->
    {_, Entries} = info(Queue, dictionary),
    [Name || {process_name, {_, {resource, _, queue, _} = Name}} <- Entries].

%% A queue's socket goes with the connection that declared it. What the queue holds beside waiting signals was never settled.
close_if_large(Process, Largest, Ports) ->
    [
        close(Owner, Whose, Largest)
     || is_suspect(Process, Largest),
        {Owner, Whose} <- owner(Process) ++ socket(Process, Ports),
        is_too_large(Process, Largest)
    ].

owner(Queue) ->
    [
        {Owner, Key}
     || {resource, _, queue, <<"s.", _/binary>> = Key} = Name <- name(Queue),
        {ok, Record} <- [rabbit_amqqueue:lookup(Name)],
        Owner <- [amqqueue:get_exclusive_owner(Record)],
        is_pid(Owner)
    ].

socket(Process, Ports) ->
    [
        {Process, inet:peername(Tcp)}
     || is_clients(Process), Tcp <- links(Process), is_port(Tcp), holder(Tcp, Ports) =:= [Process]
    ].

links(Process) ->
    {links, Links} = info(Process, links),
    Links.

info(Process, Item) ->
    case process_info(Process, Item) of
        undefined -> {Item, []};
        Info -> Info
    end.

%% A process counts what its waiting messages refer to only when it collects its garbage.
is_suspect(Process, Largest) ->
    held(Process) > Largest orelse process_info(Process, message_queue_len) > {message_queue_len, ?WAITING}.

%% Some of it may be garbage; where it can't all be, collecting it would only take more memory.
is_too_large(Process, Largest) ->
    held(Process) > 4 * Largest orelse (garbage_collect(Process) andalso held(Process) > Largest).

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

close(Process, Whose, Largest) ->
    logger:warning("Closed the socket of ~p, which held more than ~b bytes", [Whose, Largest]),
    case [Tcp || Tcp <- links(Process), is_port(Tcp), holder(Tcp, mqtt_ports()) =:= [Process]] of
        [] -> exit(Process, kill);
        %% It has a queue to delete.
        [Tcp] -> port_close(Tcp)
    end.

%% The queue of a listener by MQTT lies in its socket's process, which deletes it when it goes. Where that was killed, the
%% broker would take signals for it all the same.
delete_abandoned() ->
    [
        rabbit_queue_type:delete(Queue, false, false, <<"socket_guard">>)
     || mqtt_ports() =/= [],
        whereis(rabbit) =/= undefined,
        Queue <- rabbit_amqqueue:list(<<"/">>),
        amqqueue:get_type(Queue) =:= rabbit_mqtt_qos0_queue,
        not is_process_alive(amqqueue:get_pid(Queue))
    ].

used() ->
    lists:sum([Bytes || {_, Bytes} <- erlang:memory([processes, binary])]).

now_in_ms() ->
    erlang:monotonic_time(millisecond).

now_in_us() ->
    erlang:monotonic_time(microsecond).

%% The filter of the node's log.
log(#{msg := {report, #{report := [{supervisor, {_, rabbit_web_stomp_connection_sup}} | _]}}}, _) ->
    stop;
log(#{msg := {_, [_, large_heap | _]}}, _) ->
    stop;
log(#{msg := {report, #{report := [[_ | _] = Crash | _]}}} = Event, _) ->
    case lists:keyfind(initial_call, 1, Crash) of
        {_, {cowboy_clear, connection_process, _}} -> stop;
        _ -> Event
    end;
log(#{msg := {string, Text}} = Event, _) ->
    unless_unwanted(Text, Event);
log(#{msg := {Format, _}} = Event, _) ->
    unless_unwanted(Format, Event);
log(Event, _) ->
    Event.

unless_unwanted(Text, Event) ->
    case is_list(Text) andalso lists:any(fun(Start) -> lists:prefix(Start, Text) end, ?UNWANTED) of
        true -> stop;
        false -> Event
    end.
