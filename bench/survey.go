//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/bench/crowd"
	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
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

// runSurvey is "bench survey", the evidence for 'any server': as many kinds as can be had, unmodified, swapped five
// times under load. A server that is not installed is skipped, by its name. To install them:
//
//	apt-get install --no-install-recommends nodejs gunicorn uvicorn python3-hypercorn python3-tornado python3-aiohttp \
//	  python3-waitress uwsgi-core uwsgi-plugin-python3 puma unicorn thin ruby-webrick php-cli starman starlet twiggy \
//	  libserver-starter-perl libmojolicious-perl caddy nginx-light haproxy h2o lighttpd apache2 redis-server memcached \
//	  mono-runtime mono-mcs libmono-system4.0-cil erlang-inets openjdk-17-jdk-headless rustc
//	npm ci --prefix bench/testdata/survey
//	npm ci --prefix examples/fleet
func runSurvey(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench survey", flag.ExitOnError)
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	only := flags.String("servers", "", "names, with commas (default all)")
	never := flags.Bool("held", false,
		"without interception: servers of Node and Python, which ask hotswap for their sockets")
	_ = flags.Parse(args) // it exits
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	var table strings.Builder
	var errs []error
	for _, s := range servers {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), s.name) {
			continue
		}
		options := []string{"--no-watch"}
		if *never {
			// uWSGI opens its sockets in C, so Python's adapter does not see them
			if s.language != "Node" && s.language != "Python" || strings.Contains(s.name, "uWSGI") {
				continue
			}
			options = append(options, "--interception", "never")
		}
		row, err := h.tries(s, options)
		if row != "" {
			fmt.Fprintf(&table, "| %s | %s | %s |\n", s.language, s.name, row)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
		}
		fresh.Say("%s: %s %v", s.name, row, err)
	}
	fmt.Printf(
		"\n| language | server | requests | failed | races/closes | drain, median | longest | remark |\n|---|---|--:|--:|--:|--:|--:|---|\n%s", table.String())
	return errors.Join(errs...)
}

// tries prepares a server and swaps it, below a hotswap with these options.
func (h machinery) tries(s server, options []string) (row string, err error) {
	survey := filepath.Join(e2etest.Root(), "bench/testdata/survey")
	dir, err := h.Temp()
	if err == nil {
		err = errors.Join(os.Chmod(h.Scratch, 0o755), os.Chmod(dir, 0o755)) // workers may be another user
	}
	ports := make([]string, 3)
	for i := range ports {
		port, failed := fresh.FreePort()
		ports[i], err = port, errors.Join(err, failed)
	}
	if err != nil {
		return "", err
	}
	fill := strings.NewReplacer(append([]string{"@PORT@", ports[0], "@PORTS@", strings.Join(ports, ","), "@DIR@", dir,
		"@SURVEY@", survey}, s.fill...)...)
	filled := func(words []string) (out []string) {
		for _, w := range words {
			out = append(out, fill.Replace(w))
		}
		return out
	}
	at, command := filepath.Join(survey, s.dir), filled(s.command)
	version := func(int) error { return nil }
	if s.fleet {
		at = filepath.Join(dir, "fleet")
		if fresh.Copied("examples/fleet")(at) != nil {
			return "", errors.New("examples/fleet has no packages: npm ci installs them")
		}
		if strings.Contains(command[0], "/") {
			command[0] = filepath.Join(at, command[0])
		}
		version = func(v int) error {
			return os.WriteFile(filepath.Join(at, "version.json"), fmt.Appendf(nil, `{ "version": %d }`, v), 0o644)
		}
	}
	needs := filled(s.needs)
	if len(s.build) == 0 {
		needs = append(needs, command[0])
	}
	if i := slices.IndexFunc(needs, isMissing); i >= 0 {
		fresh.Say("%s: skipped: %s is missing", s.name, needs[i])
		return "", nil
	}
	if len(s.build) > 0 {
		if err := execute(e2etest.Root(), filled(s.build)...); err != nil {
			return "", err
		}
	}
	if s.conf != "" {
		template, err := os.ReadFile(filepath.Join(e2etest.Root(), s.conf))
		for v := 1; v <= 6; v++ {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, fmt.Sprintf("ping-%d.json", v)),
				fmt.Appendf(nil, `{"pong":true,"version":%d,"pid":1}`, v), 0o644))
		}
		version = func(v int) error {
			return os.WriteFile(filepath.Join(dir, "run.conf"),
				[]byte(strings.ReplaceAll(fill.Replace(string(template)), "@VERSION@", strconv.Itoa(v))), 0o644)
		}
		if err := errors.Join(err, version(1)); err != nil {
			return "", err
		}
	}
	o := h.Options
	o.Port = func() (string, error) { return ports[0], nil }
	p, err := fresh.Launch(o, fresh.Contender{
		Name: "hotswap", Hotswap: options, Command: command,
		Env: append([]string{"DIR=" + dir, "PYTHONDONTWRITEBYTECODE=1"}, filled(s.env)...),
	}, at, filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	defer p.Stop()
	if _, err := p.Logs(h.Ctx, "serving", 1); err != nil {
		return "", err
	}
	targets, err := open(h.Ctx, ports[:max(1, s.ports)])
	if err != nil {
		return "", err
	}
	return h.swapsFive(s, p, targets, version)
}

// open returns the addresses of ports once a program listens at each: a server serves before it has opened its last
// one.
func open(ctx context.Context, ports []string) (targets []string, err error) {
	for _, port := range ports {
		at := "127.0.0.1:" + port
		for {
			c, err := net.Dial("tcp", at)
			if err == nil {
				_ = c.Close()
				break
			}
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(10 * time.Millisecond):
			}
		}
		targets = append(targets, at)
	}
	return targets, nil
}

// isMissing reports whether this machine lacks a file or a program.
func isMissing(name string) bool {
	_, err := os.Stat(name)
	if !strings.Contains(name, "/") {
		_, err = exec.LookPath(name)
	}
	return err != nil
}

// swapsFive swaps under load, and returns a row.
func (h machinery) swapsFive(s server, p *fresh.Process, targets []string, version func(int) error) (row string,
	err error) {
	ctx, cancel := context.WithCancel(h.Ctx)
	defer cancel()
	var answers func(ctx context.Context, version int) error
	var end func() (requests, failed, raced, closes uint64, err error)
	if s.crowd != nil {
		c := s.crowd(targets[0])
		c.Begin()
		defer c.Halt()
		answers, end = c.Answers, c.End
	} else {
		c := load.New(load.Config{Targets: targets, Kinds: []load.Kind{load.FreshGET(8), load.KeepAliveGET(8)},
			Checks: load.ExampleChecks(), Timeout: fresh.Booting})
		go c.Run(ctx)
		answers = func(ctx context.Context, v int) error {
			return c.Await(ctx, func(n load.Snapshot) bool { return n.Version(strconv.Itoa(v)).Answers >= 20 })
		}
		end = func() (uint64, uint64, uint64, uint64, error) {
			cancel()
			n := c.Wait()
			lost := n.Failed()
			if s.known != "" { // complete wrong answers are the server's own
				lost -= n.Counts[load.Wrong]
			}
			var err error
			if lost > 0 {
				err = fmt.Errorf("%d requests failed: %v", lost, n)
			}
			return n.Requests, n.Failed(), n.Closes.Raced, n.Closes.Total(), err
		}
	}
	waits := func(v int) error {
		ctx, cancel := context.WithTimeout(h.Ctx, fresh.Booting)
		defer cancel()
		return answers(ctx, v)
	}
	if err := waits(1); err != nil {
		return "", err
	}
	var took []float64
	busy, killed := 0, 0
	for v := 2; v <= 6; v++ {
		err := errors.Join(version(v), p.Cmd.Process.Signal(syscall.SIGHUP))
		if err == nil {
			_, err = p.Logs(h.Ctx, "serving", v)
		}
		if err == nil {
			err = waits(v)
		}
		if err != nil {
			return "", err
		}
		l, err := p.Logs(h.Ctx, "drained", v-1)
		if err != nil {
			return "", err
		}
		took = append(took, l.TookMS)
		if l.Busy {
			busy++
		}
		if l.Killed {
			killed++
		}
	}
	requests, failed, raced, closes, err := end()
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
		err = errors.Join(err, fmt.Errorf("%d generations had to be killed", killed))
	}
	return fmt.Sprintf("%d | %d | %d/%d | %.0f ms | %.0f ms | %s", requests, failed, raced, closes, took[len(took)/2],
		took[len(took)-1], strings.Join(remarks, ", ")), err
}
