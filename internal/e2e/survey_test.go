//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2e/testdata/survey/crowd"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// server is one of the survey. In its words @PORT@, @PORTS@ (three of them),
// @DIR@ (a folder of its own) and @SURVEY@ (testdata/survey) are filled in.
type server struct {
	name, language string
	command        []string
	needs          []string // files or programs beside command[0]; without them it is skipped
	dir            string   // below testdata/survey, where it runs
	env            []string
	conf           string   // below the repository's root; becomes @DIR@/run.conf, @VERSION@ filled in anew before each swap
	fill           []string // what else is filled into conf
	fleet          bool     // runs in examples/fleet, the version is in version.json
	build          []string // run once before
	ports          int      // 3: all of @PORTS@ are asked
	crowd          func(target string) *crowd.Crowd
	known          string // why it gives wrong answers of its own, without hotswap too
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
	{name: "Nest through tsx", language: "Node", dir: "node", command: words("@SURVEY@/node_modules/.bin/tsx nest.ts"), needs: modules("@nestjs/core")},
	{name: "net, HTTP by hand", language: "Node", dir: "node", command: words("node tcp.js")},
	{name: "http2 without TLS", language: "Node", dir: "node", command: words("node http2.js"), crowd: crowd.HTTP2(false)},
	{name: "http2, 8 streams at once", language: "Node", dir: "node", command: words("node http2.js"), crowd: crowd.HTTP2(true)},
	{name: "bun", language: "Bun", fleet: true, command: words("node_modules/.bin/bun bun.ts")},
	{name: "deno", language: "Deno", fleet: true, command: words("node_modules/.bin/deno run --allow-net --allow-env --allow-read deno.ts")},

	{name: "gunicorn", language: "Python", dir: "python", command: words("/usr/bin/gunicorn -b 127.0.0.1:@PORT@ wsgi:app")},
	{name: "gunicorn, 3 workers", language: "Python", dir: "python", command: words("/usr/bin/gunicorn -w 3 -b 127.0.0.1:@PORT@ wsgi:app")},
	{name: "gunicorn, threads, reuse-port", language: "Python", dir: "python", command: words("/usr/bin/gunicorn -w 2 -k gthread --threads 4 --reuse-port -b 127.0.0.1:@PORT@ wsgi:app")},
	{name: "uvicorn", language: "Python", dir: "python", command: words("/usr/bin/uvicorn --log-level error --port @PORT@ asgi:app")},
	{name: "uvicorn, 2 workers", language: "Python", dir: "python", command: words("/usr/bin/uvicorn --workers 2 --log-level error --port @PORT@ asgi:app")},
	{name: "hypercorn", language: "Python", dir: "python", command: words("/usr/bin/hypercorn -b 127.0.0.1:@PORT@ asgi:app")},
	{name: "hypercorn, 2 workers", language: "Python", dir: "python", command: words("/usr/bin/hypercorn -w 2 -b 127.0.0.1:@PORT@ asgi:app")},
	{name: "Tornado", language: "Python", dir: "python", command: words("/usr/bin/python3 tornado_app.py 1"), needs: words("/usr/lib/python3/dist-packages/tornado")},
	{name: "Tornado, 2 processes", language: "Python", dir: "python", command: words("/usr/bin/python3 tornado_app.py 2"), needs: words("/usr/lib/python3/dist-packages/tornado")},
	{name: "aiohttp", language: "Python", dir: "python", command: words("/usr/bin/python3 aiohttp_app.py"), needs: words("/usr/lib/python3/dist-packages/aiohttp")},
	{name: "waitress", language: "Python", dir: "python", command: words("/usr/bin/waitress-serve --threads=16 --listen=127.0.0.1:@PORT@ wsgi:app")},
	{name: "uWSGI, 16 processes", language: "Python", dir: "python", command: words("/usr/bin/uwsgi --die-on-term --master --processes 16 --disable-logging --plugin python3 --http11-socket 127.0.0.1:@PORT@ --wsgi-file wsgi.py")},

	{name: "puma", language: "Ruby", dir: "ruby", command: words("/usr/bin/puma -q -b tcp://127.0.0.1:@PORT@ config.ru")},
	{name: "puma, 2 workers", language: "Ruby", dir: "ruby", command: words("/usr/bin/puma -q -w 2 -b tcp://127.0.0.1:@PORT@ config.ru")},
	{name: "unicorn", language: "Ruby", dir: "ruby", command: words("/usr/bin/unicorn -l 127.0.0.1:@PORT@ config.ru")},
	{name: "thin", language: "Ruby", dir: "ruby", command: words("/usr/bin/thin -q -a 127.0.0.1 -p @PORT@ -R config.ru start")},
	{name: "WEBrick", language: "Ruby", dir: "ruby", command: words("/usr/bin/ruby webrick.rb"), needs: words("/usr/share/rubygems-integration/all/gems")},

	{name: "php -S", language: "PHP", dir: "php", command: words("php -q -S 127.0.0.1:@PORT@ router.php")},
	{name: "php -S, 4 workers", language: "PHP", dir: "php", command: words("php -q -S 127.0.0.1:@PORT@ router.php"), env: words("PHP_CLI_SERVER_WORKERS=4")},

	{name: "starman", language: "Perl", dir: "perl", command: words("/usr/bin/starman --listen 127.0.0.1:@PORT@ --workers 16 app.psgi")},
	{name: "starman below start_server", language: "Perl", dir: "perl", command: words("/usr/bin/start_server --port 127.0.0.1:@PORT@ -- /usr/bin/starman --workers 16 app.psgi")},
	{name: "starlet", language: "Perl", dir: "perl", command: words("/usr/bin/plackup -s Starlet --host 127.0.0.1 --port @PORT@ --max-workers 16 --max-keepalive-reqs 1000000 --max-reqs-per-child 1000000 app.psgi"), needs: words("/usr/share/perl5/Starlet.pm")},
	{name: "twiggy", language: "Perl", dir: "perl", command: words("/usr/bin/twiggy --listen 127.0.0.1:@PORT@ app.psgi")},
	{name: "Mojolicious daemon", language: "Perl", dir: "perl", command: words("/usr/bin/perl mojo.pl daemon -m production -l http://127.0.0.1:@PORT@"), needs: words("/usr/bin/hypnotoad")},
	{name: "hypnotoad", language: "Perl", dir: "perl", command: words("/usr/bin/hypnotoad -f mojo.pl")},
	{name: "Mojolicious prefork", language: "Perl", dir: "perl", command: append(words("sh -c"), "exec /usr/bin/perl mojo.pl prefork -m production -w 2 -l http://127.0.0.1:@PORT@ -P @DIR@/$HOTSWAP_GENERATION.pid"), needs: words("/usr/bin/hypnotoad")},

	{name: "net/http", language: "Go", build: words("go build -o @DIR@/server ./internal/e2e/testdata/survey/golang"), command: words("@DIR@/server"), env: words("PORTS=@PORT@")},
	{name: "net/http, 3 listeners", language: "Go", build: words("go build -o @DIR@/server ./internal/e2e/testdata/survey/golang"), command: words("@DIR@/server"), env: words("PORTS=@PORTS@"), ports: 3},
	{name: "caddy", language: "Go", conf: "internal/e2e/testdata/survey/conf/Caddyfile", command: words("caddy run --adapter caddyfile --config @DIR@/run.conf")},

	{name: "nginx, 2 workers", language: "C", conf: "examples/fleet/nginx.conf", command: words(nginxBinary + " -c @DIR@/run.conf")},
	{name: "nginx, reuseport", language: "C", conf: "examples/fleet/nginx-reuseport.conf", command: words(nginxBinary + " -c @DIR@/run.conf")},
	{name: "haproxy", language: "C", conf: "internal/e2e/testdata/survey/conf/haproxy.cfg", command: words("/usr/sbin/haproxy -db -f @DIR@/run.conf")},
	{name: "haproxy, master and worker", language: "C", conf: "internal/e2e/testdata/survey/conf/haproxy.cfg", command: words("/usr/sbin/haproxy -W -f @DIR@/run.conf")},
	{name: "h2o", language: "C", conf: "internal/e2e/testdata/survey/conf/h2o.conf", command: words("/usr/bin/h2o -c @DIR@/run.conf")},
	{name: "h2o master", language: "C", conf: "internal/e2e/testdata/survey/conf/h2o.conf", command: words("/usr/bin/h2o -m master -c @DIR@/run.conf")},
	{name: "lighttpd", language: "C", conf: "internal/e2e/testdata/survey/conf/lighttpd.conf", command: words("/usr/sbin/lighttpd -D -f @DIR@/run.conf")},
	{name: "apache, event", language: "C", conf: "internal/e2e/testdata/survey/conf/apache.conf", fill: words("@MPM@ event"), command: words(apacheBinary + " -DFOREGROUND -f @DIR@/run.conf")},
	{name: "apache, prefork", language: "C", conf: "internal/e2e/testdata/survey/conf/apache.conf", fill: words("@MPM@ prefork"), command: words(apacheBinary + " -DFOREGROUND -f @DIR@/run.conf")},
	{name: "redis", language: "C", command: append(words("sh -c"), "exec redis-server --bind 127.0.0.1 --port @PORT@ --save '' --databases $((1000+HOTSWAP_GENERATION))"),
		needs: words("redis-server"), crowd: crowd.Talk("CONFIG GET databases\r\n", "*2\r\n$9\r\ndatabases\r\n$4\r\n", "\r\n", 1000)},
	{name: "memcached", language: "C", command: append(words("sh -c"), "exec memcached -u root -l 127.0.0.1 -p @PORT@ -U 0 -c $((1000+HOTSWAP_GENERATION))"),
		needs: words("memcached"), crowd: crowd.Talk("stats settings\r\n", "STAT maxconns ", "END\r\n", 1000)},

	{name: "HttpServer", language: "Java", build: words("javac -d @DIR@ @SURVEY@/java/Server.java"), command: words("java -cp @DIR@ Server")},
	{name: "std, a thread for each connection", language: "Rust", build: words("rustc -O -o @DIR@/server @SURVEY@/rust/server.rs"), command: words("@DIR@/server"), needs: words("rustc")},
	{name: "HttpListener", language: "C# (Mono)", build: words("mcs -out:@DIR@/server.exe @SURVEY@/mono/Server.cs"), command: words("mono @DIR@/server.exe"), needs: words("mcs")},
	{name: "inets", language: "Erlang", build: words("erlc -o @DIR@ @SURVEY@/erlang/survey.erl"), command: words("erl -noshell -pa @DIR@ -s survey"), needs: words("erlc"),
		known: "status 500 in its first milliseconds, without hotswap too"},
}

func words(s string) []string { return strings.Fields(s) }

func modules(name string) []string { return []string{"@SURVEY@/node_modules/" + name} }

// TestSurvey is the evidence for 'any server': as many kinds of it as can be
// had, unmodified. A server that is not installed is skipped, by its name. To install them:
//
//	apt-get install --no-install-recommends nodejs gunicorn uvicorn python3-hypercorn python3-tornado python3-aiohttp \
//	  python3-waitress uwsgi-core uwsgi-plugin-python3 puma unicorn thin ruby-webrick php-cli starman starlet twiggy \
//	  libserver-starter-perl libmojolicious-perl caddy nginx-light haproxy h2o lighttpd apache2 redis-server memcached \
//	  mono-runtime mono-mcs libmono-system4.0-cil erlang-inets openjdk-17-jdk-headless rustc
//	npm ci --prefix internal/e2e/testdata/survey
//	npm ci --prefix examples/fleet
func TestSurvey(t *testing.T) {
	if os.Getenv("HOTSWAP_SURVEY") == "" {
		t.Skip("set HOTSWAP_SURVEY=1 (7 minutes)")
	}
	survey := filepath.Join(root, "internal", "e2e", "testdata", "survey")
	var table strings.Builder
	for _, s := range servers {
		t.Run(s.language+"/"+s.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "hotswap-survey") // t.TempDir is its owner's alone; workers may be another user
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			ports := []string{freePort(t), freePort(t), freePort(t)}
			fill := strings.NewReplacer(append([]string{"@PORT@", ports[0], "@PORTS@", strings.Join(ports, ","), "@DIR@", dir, "@SURVEY@", survey}, s.fill...)...)
			result := s.run(t, survey, dir, ports, fill)
			fmt.Fprintf(&table, "| %s | %s | %s |\n", s.language, s.name, result)
		})
	}
	t.Logf("\n| language | server | requests | failed | races/closes | drain, median | longest | remark |\n|---|---|--:|--:|--:|--:|--:|---|\n%s", table.String())
}

func (s server) run(t *testing.T, survey, dir string, ports []string, fill *strings.Replacer) (row string) {
	o := options{dir: filepath.Join(survey, s.dir), args: []string{"--no-watch"}, env: []string{"PORT=" + ports[0], "DIR=" + dir, "PYTHONDONTWRITEBYTECODE=1"}}
	for _, w := range s.command {
		o.command = append(o.command, fill.Replace(w))
	}
	for _, e := range s.env {
		o.env = append(o.env, fill.Replace(e))
	}
	version := func(int) {}
	if s.fleet {
		o.dir = project(t, "fleet")
		if strings.Contains(o.command[0], "/") {
			o.command[0] = filepath.Join(o.dir, o.command[0])
		}
		version = func(v int) { save(t, filepath.Join(o.dir, "version.json"), v) }
	}
	needs := s.needs
	if len(s.build) == 0 {
		needs = append(needs[:len(needs):len(needs)], o.command[0])
	}
	for _, n := range needs {
		n = fill.Replace(n)
		_, err := os.Stat(n)
		if !strings.Contains(n, "/") {
			_, err = exec.LookPath(n)
		}
		if err != nil {
			t.Skipf("%s is missing", n)
		}
	}
	if len(s.build) > 0 {
		cmd := exec.Command(fill.Replace(s.build[0]))
		for _, w := range s.build[1:] {
			cmd.Args = append(cmd.Args, fill.Replace(w))
		}
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
		}
	}
	if s.conf != "" {
		template, err := os.ReadFile(filepath.Join(root, s.conf))
		if err != nil {
			t.Fatal(err)
		}
		for v := 1; v <= 6; v++ {
			write(t, filepath.Join(dir, fmt.Sprintf("ping-%d.json", v)), fmt.Sprintf(`{"pong":true,"version":%d,"pid":1}`, v))
		}
		version = func(v int) {
			write(t, filepath.Join(dir, "run.conf"), strings.ReplaceAll(fill.Replace(string(template)), "@VERSION@", strconv.Itoa(v)))
		}
		version(1)
	}
	targets := []string{"127.0.0.1:" + ports[0]}
	for _, p := range ports[1:max(1, s.ports)] {
		targets = append(targets, "127.0.0.1:"+p)
	}

	h := start(t, o)
	h.Serving(1)
	for _, target := range targets {
		reachable(t, target)
	}
	var answers func(version int)
	var end func() (requests, failed, raced, closes uint64)
	if s.crowd != nil {
		c := s.crowd(targets[0])
		c.Begin(t)
		answers, end = c.Answers, c.End
	} else {
		tr := begin(t, getsOnly(), load.ExampleChecks(), targets...)
		answers = func(v int) { tr.answers(strconv.Itoa(v), 20) }
		end = func() (uint64, uint64, uint64, uint64) {
			end := tr.end
			if s.known != "" {
				end = tr.pardon
			}
			n := end()
			return n.Requests, n.Failed(), n.Closes.Raced, n.Closes.Total()
		}
	}
	answers(1)
	var took []float64
	busy, killed, closed := 0, 0, 0
	for v := 2; v <= 6; v++ {
		version(v)
		h.signal(syscall.SIGHUP)
		h.Serving(v)
		answers(v)
		d := h.Drained(v - 1)
		t.Logf("generation %d drained in %.0f ms: %d ended by hotswap, %d finished, busy %v, killed %v", v-1, d.TookMS, d.Closed, d.Finished, d.Busy, d.Killed)
		took = append(took, d.TookMS)
		closed += d.Closed
		if d.Busy {
			busy++
		}
		if d.Killed {
			killed++
		}
	}
	requests, failed, raced, closes := end()
	if killed > 0 {
		t.Errorf("%d generations had to be killed", killed)
	}
	slices.Sort(took)
	var remarks []string
	if failed > 0 && s.known != "" {
		remarks = append(remarks, s.known)
	}
	if busy > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of 5 told to stop while busy", busy))
	}
	if killed > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of 5 killed", killed))
	}
	return fmt.Sprintf("%d | %d | %d/%d | %.0f ms | %.0f ms | %s", requests, failed, raced, closes, took[len(took)/2], took[len(took)-1], strings.Join(remarks, ", "))
}

// pardon is end, but complete wrong answers are the server's own.
func (tr *traffic) pardon() load.Snapshot {
	tr.t.Helper()
	tr.cancel()
	n := tr.c.Wait()
	tr.t.Logf("%v", n)
	if lost := n.Failed() - n.Counts[load.Wrong]; lost > 0 {
		tr.t.Errorf("%d requests failed", lost)
	}
	return n
}
