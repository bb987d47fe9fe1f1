sub {
    my $body = sprintf '{"pong":true,"version":%d,"pid":%d}', $ENV{HOTSWAP_GENERATION}, $$;
    return [200, ['Content-Type' => 'application/json', 'Content-Length' => length $body], [$body]];
};
