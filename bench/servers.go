//go:build unix

package main

import (
	"strings"

	"github.com/hotswap-dev/hotswap/bench/crowd"
)

// server is one of the survey. In its words @PORT@, @PORTS@ (three of them),
// @DIR@ (a folder of its own) and @SURVEY@ (bench/testdata/survey) are filled in.
type server struct {
	name, language string
	command        []string
	needs          []string // files or programs beside command[0]; without them it is skipped
	dir            string   // below @SURVEY@, where it runs
	env            []string
	// below the repository's root; becomes @DIR@/run.conf, @VERSION@ filled in anew before each swap
	conf  string
	fill  []string // what else is filled into conf
	fleet bool     // runs in examples/fleet, the version is in version.json
	build []string // run once before
	ports int      // 3: all of @PORTS@ are asked
	crowd func(target string) *crowd.Crowd
	known string // why it gives wrong answers of its own, without hotswap too
}

const (
	nginxBinary  = "/usr/sbin/nginx"
	apacheBinary = "/usr/sbin/apache2"
)

// servers are in order of language; each answers GET /ping.
var servers = []server{
	{name: "http", language: "Node", fleet: true, command: words("node node-http.js")},
	{name: "cluster", language: "Node", fleet: true, command: words("node node-cluster.js")},
	{name: "Express", language: "Node", dir: "node", command: words("node express.js"), needs: modules("express")},
	{name: "Fastify", language: "Node", dir: "node", command: words("node fastify.js"), needs: modules("fastify")},
	{name: "Koa", language: "Node", dir: "node", command: words("node koa.js"), needs: modules("koa")},
	{name: "Nest through tsx", language: "Node", dir: "node", command: words("@SURVEY@/node_modules/.bin/tsx nest.ts"),
		needs: modules("@nestjs/core")},
	{name: "net, HTTP by hand", language: "Node", dir: "node", command: words("node tcp.js")},
	{name: "http2 without TLS", language: "Node", dir: "node", command: words("node http2.js"),
		crowd: crowd.HTTP2(false)},
	{name: "http2, 8 streams at once", language: "Node", dir: "node", command: words("node http2.js"),
		crowd: crowd.HTTP2(true)},
	{name: "bun", language: "Bun", fleet: true, command: words("node_modules/.bin/bun bun.ts")},
	{name: "deno", language: "Deno", fleet: true,
		command: words("node_modules/.bin/deno run --allow-net --allow-env --allow-read deno.ts")},

	{name: "gunicorn", language: "Python", dir: "python",
		command: words("/usr/bin/gunicorn -b 127.0.0.1:@PORT@ wsgi:app")},
	{name: "gunicorn, 3 workers", language: "Python", dir: "python",
		command: words("/usr/bin/gunicorn -w 3 -b 127.0.0.1:@PORT@ wsgi:app")},
	{name: "gunicorn, threads, reuse-port", language: "Python", dir: "python",
		command: words("/usr/bin/gunicorn -w 2 -k gthread --threads 4 --reuse-port -b 127.0.0.1:@PORT@ wsgi:app")},
	{name: "uvicorn", language: "Python", dir: "python",
		command: words("/usr/bin/uvicorn --log-level error --port @PORT@ asgi:app")},
	{name: "uvicorn, 2 workers", language: "Python", dir: "python",
		command: words("/usr/bin/uvicorn --workers 2 --log-level error --port @PORT@ asgi:app")},
	{name: "hypercorn", language: "Python", dir: "python",
		command: words("/usr/bin/hypercorn -b 127.0.0.1:@PORT@ asgi:app")},
	{name: "hypercorn, 2 workers", language: "Python", dir: "python",
		command: words("/usr/bin/hypercorn -w 2 -b 127.0.0.1:@PORT@ asgi:app")},
	{name: "Tornado", language: "Python", dir: "python", command: words("/usr/bin/python3 tornado_app.py 1"),
		needs: words("/usr/lib/python3/dist-packages/tornado")},
	{name: "Tornado, 2 processes", language: "Python", dir: "python",
		command: words("/usr/bin/python3 tornado_app.py 2"), needs: words("/usr/lib/python3/dist-packages/tornado")},
	{name: "aiohttp", language: "Python", dir: "python", command: words("/usr/bin/python3 aiohttp_app.py"),
		needs: words("/usr/lib/python3/dist-packages/aiohttp")},
	{name: "waitress", language: "Python", dir: "python",
		command: words("/usr/bin/waitress-serve --threads=16 --listen=127.0.0.1:@PORT@ wsgi:app")},
	{name: "uWSGI, 16 processes", language: "Python", dir: "python",
		command: words(
			"/usr/bin/uwsgi --die-on-term --master --processes 16 --disable-logging --plugin python3 --http11-socket 127.0.0.1:@PORT@ --wsgi-file wsgi.py")},

	{name: "puma", language: "Ruby", dir: "ruby",
		command: words("/usr/bin/puma -q -b tcp://127.0.0.1:@PORT@ config.ru")},
	{name: "puma, 2 workers", language: "Ruby", dir: "ruby",
		command: words("/usr/bin/puma -q -w 2 -b tcp://127.0.0.1:@PORT@ config.ru")},
	{name: "unicorn", language: "Ruby", dir: "ruby", command: words("/usr/bin/unicorn -l 127.0.0.1:@PORT@ config.ru")},
	{name: "thin", language: "Ruby", dir: "ruby",
		command: words("/usr/bin/thin -q -a 127.0.0.1 -p @PORT@ -R config.ru start")},
	{name: "WEBrick", language: "Ruby", dir: "ruby", command: words("/usr/bin/ruby webrick.rb"),
		needs: words("/usr/share/rubygems-integration/all/gems")},

	{name: "php -S", language: "PHP", dir: "php", command: words("php -q -S 127.0.0.1:@PORT@ router.php")},
	{name: "php -S, 4 workers", language: "PHP", dir: "php", command: words("php -q -S 127.0.0.1:@PORT@ router.php"),
		env: words("PHP_CLI_SERVER_WORKERS=4")},

	{name: "starman", language: "Perl", dir: "perl",
		command: words("/usr/bin/starman --listen 127.0.0.1:@PORT@ --workers 16 app.psgi")},
	{name: "starman below start_server", language: "Perl", dir: "perl",
		command: words("/usr/bin/start_server --port 127.0.0.1:@PORT@ -- /usr/bin/starman --workers 16 app.psgi")},
	{name: "starlet", language: "Perl", dir: "perl",
		command: words(
			"/usr/bin/plackup -s Starlet --host 127.0.0.1 --port @PORT@ --max-workers 16 --max-keepalive-reqs 1000000 --max-reqs-per-child 1000000 app.psgi"), needs: words("/usr/share/perl5/Starlet.pm")},
	{name: "twiggy", language: "Perl", dir: "perl",
		command: words("/usr/bin/twiggy --listen 127.0.0.1:@PORT@ app.psgi")},
	{name: "Mojolicious daemon", language: "Perl", dir: "perl",
		command: words("/usr/bin/perl mojo.pl daemon -m production -l http://127.0.0.1:@PORT@"),
		needs:   words("/usr/bin/hypnotoad")},
	{name: "hypnotoad", language: "Perl", dir: "perl", command: words("/usr/bin/hypnotoad -f mojo.pl")},
	{name: "Mojolicious prefork", language: "Perl", dir: "perl",
		command: append(words("sh -c"),
			"exec /usr/bin/perl mojo.pl prefork -m production -w 2 -l http://127.0.0.1:@PORT@ -P @DIR@/$HOTSWAP_GENERATION.pid"), needs: words("/usr/bin/hypnotoad")},

	{name: "net/http", language: "Go", build: words("go build -C @SURVEY@/golang -o @DIR@/server ."),
		command: words("@DIR@/server"), env: words("PORTS=@PORT@")},
	{name: "net/http, 3 listeners", language: "Go", build: words("go build -C @SURVEY@/golang -o @DIR@/server ."),
		command: words("@DIR@/server"), env: words("PORTS=@PORTS@"), ports: 3},
	{name: "caddy", language: "Go", conf: "bench/testdata/survey/conf/Caddyfile",
		command: words("caddy run --adapter caddyfile --config @DIR@/run.conf")},

	{name: "nginx, 2 workers", language: "C", conf: "examples/fleet/nginx.conf",
		command: words(nginxBinary + " -c @DIR@/run.conf")},
	{name: "nginx, reuseport", language: "C", conf: "examples/fleet/nginx-reuseport.conf",
		command: words(nginxBinary + " -c @DIR@/run.conf")},
	{name: "haproxy", language: "C", conf: "bench/testdata/survey/conf/haproxy.cfg",
		command: words("/usr/sbin/haproxy -db -f @DIR@/run.conf")},
	{name: "haproxy, master and worker", language: "C", conf: "bench/testdata/survey/conf/haproxy.cfg",
		command: words("/usr/sbin/haproxy -W -f @DIR@/run.conf")},
	{name: "h2o", language: "C", conf: "bench/testdata/survey/conf/h2o.conf",
		command: words("/usr/bin/h2o -c @DIR@/run.conf")},
	{name: "h2o master", language: "C", conf: "bench/testdata/survey/conf/h2o.conf",
		command: words("/usr/bin/h2o -m master -c @DIR@/run.conf")},
	{name: "lighttpd", language: "C", conf: "bench/testdata/survey/conf/lighttpd.conf",
		command: words("/usr/sbin/lighttpd -D -f @DIR@/run.conf")},
	{name: "apache, event", language: "C", conf: "bench/testdata/survey/conf/apache.conf", fill: words("@MPM@ event"),
		command: words(apacheBinary + " -DFOREGROUND -f @DIR@/run.conf")},
	{name: "apache, prefork", language: "C", conf: "bench/testdata/survey/conf/apache.conf",
		fill: words("@MPM@ prefork"), command: words(apacheBinary + " -DFOREGROUND -f @DIR@/run.conf")},
	{name: "redis", language: "C",
		command: append(words("sh -c"),
			"exec redis-server --bind 127.0.0.1 --port @PORT@ --save '' --databases $((1000+HOTSWAP_GENERATION))"),
		needs: words("redis-server"), crowd: crowd.Talk("CONFIG GET databases\r\n", "*2\r\n$9\r\ndatabases\r\n$4\r\n",
			"\r\n", 1000)},
	{name: "memcached", language: "C",
		command: append(words("sh -c"),
			"exec memcached -u root -l 127.0.0.1 -p @PORT@ -U 0 -c $((1000+HOTSWAP_GENERATION))"),
		needs: words("memcached"), crowd: crowd.Talk("stats settings\r\n", "STAT maxconns ", "END\r\n", 1000)},

	{name: "HttpServer", language: "Java", build: words("javac -d @DIR@ @SURVEY@/java/Server.java"),
		command: words("java -cp @DIR@ Server")},
	{name: "std, a thread for each connection", language: "Rust",
		build: words("rustc -O -o @DIR@/server @SURVEY@/rust/server.rs"), command: words("@DIR@/server"),
		needs: words("rustc")},
	{name: "HttpListener", language: "C# (Mono)", build: words("mcs -out:@DIR@/server.exe @SURVEY@/mono/Server.cs"),
		command: words("mono @DIR@/server.exe"), needs: words("mcs")},
	{name: "inets", language: "Erlang", build: words("erlc -o @DIR@ @SURVEY@/erlang/survey.erl"),
		command: words("erl -noshell -pa @DIR@ -s survey"), needs: words("erlc"),
		known: "status 500 in its first milliseconds, without hotswap too"},
}

// words splits a command.
func words(s string) []string { return strings.Fields(s) }

// modules is a package of npm.
func modules(name string) []string { return []string{"@SURVEY@/node_modules/" + name} }
