use Mojolicious::Lite -signatures;

app->log->level('error');
# hypnotoad takes its settings from here. With one pid file for all it would itself
# replace the server that the file names, and exit.
app->config(hypnotoad => {listen => ["http://127.0.0.1:$ENV{PORT}"], workers => 2, spare => 0, pid_file => "$ENV{DIR}/hypnotoad-$ENV{HOTSWAP_GENERATION}.pid"});
get '/ping' => sub ($c) {
    $c->render(json => {pong => \1, version => 0 + $ENV{HOTSWAP_GENERATION}, pid => $$});
};
app->start;
