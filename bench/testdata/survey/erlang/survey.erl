%% A module of inets' httpd that answers everything by itself.
-module(survey).
-export([start/0, do/1]).

start() ->
    ok = application:ensure_started(inets),
    {ok, _} = inets:start(httpd, [{port, list_to_integer(os:getenv("PORT"))}, {bind_address, {127, 0, 0, 1}},
        {server_name, "survey"}, {server_root, "/tmp"}, {document_root, "/tmp"}, {modules, [?MODULE]}]).

do(_) ->
    Body = io_lib:format("{\"pong\":true,\"version\":~s,\"pid\":~s}", [os:getenv("HOTSWAP_GENERATION"), os:getpid()]),
    Head = [{code, 200}, {content_type, "application/json"}, {content_length, integer_to_list(iolist_size(Body))}],
    {proceed, [{response, {response, Head, Body}}]}.
