# For puma.
body = %({"pong": true, "version": #{ENV['HOTSWAP_GENERATION']}, "pid": #{Process.pid}})
run ->(env) { [200, { 'content-type' => 'application/json' }, [body]] }
