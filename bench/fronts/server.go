//go:build unix

package fronts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// server is a row of the table. It answers GET and POST /ping with its generation as its version.
type server struct {
	name    string
	dir     string   // where it runs
	run     string   // a shell's text, which knows PORT and DIR, a folder of its own
	build   []string // runs once before, below "hotswap build" or not; DIR is filled in
	repeats bool     // the proxies in front repeat what failed
	option  string   // of hotswap: --no-adapter, or --proxy, which gets the port
}

const survey = "bench/testdata/survey/"

// goes is the Go program, which has an adapter if hotswap builds it.
var goes = server{name: "Go", dir: survey + "golang", run: "PORTS=$PORT exec $DIR/server",
	build: strings.Fields("go build -o DIR/server .")}

// threaded are servers whose adapter hotswap loads.
var threaded = []server{
	{name: "puma", dir: survey + "ruby", run: "exec /usr/bin/puma -q -t 32:32 -b tcp://127.0.0.1:$PORT config.ru"},
	// By default it closes a connection that rests for two seconds, which may cut a request.
	{name: "gunicorn, threads", dir: survey + "python",
		run: "exec /usr/bin/gunicorn -k gthread --threads 4 --keep-alive 75 -b 127.0.0.1:$PORT wsgi:app"},
}

// servers returns the rows.
func servers() []server {
	all := []server{
		{name: "Node", dir: "examples/fleet", run: "VERSION=$HOTSWAP_GENERATION exec node node-http.js"},
		{name: "uvicorn", dir: survey + "python",
			run: "exec /usr/bin/uvicorn --log-level error --port $PORT asgi:app"},
		{name: "Go, by `hotswap build`", dir: goes.dir, run: goes.run,
			build: append([]string{"hotswap", "build", "--"}, goes.build...)},
	}
	all = append(all, threaded...)
	without := []server{goes}
	for _, s := range threaded {
		s.name, s.option = s.name+"; `--no-adapter`", "--no-adapter"
		without = append(without, s)
	}
	all = append(all, without...)
	for _, s := range without {
		s.name, s.repeats = s.name+"; the proxy repeats", true
		all = append(all, s)
	}
	for _, s := range append([]server{goes}, threaded...) {
		s.name, s.option = s.name+"; `--proxy`", "--proxy"
		all = append(all, s)
	}
	return all
}

// prepare makes what the server needs in a folder.
func (s server) prepare(hotswap, dir string) error {
	if len(s.build) > 0 {
		var argv []string
		for _, word := range s.build {
			argv = append(argv, strings.ReplaceAll(word, "DIR", dir))
		}
		if argv[0] == "hotswap" {
			argv[0] = hotswap
		}
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir, cmd.Stderr = filepath.Join(e2etest.Root(), s.dir), os.Stderr
		if err := cmd.Run(); err != nil {
			return err
		}
	}
	return deploy(dir, s.run)
}

// deploy makes a shell's text what the next generation runs.
func deploy(dir, text string) error {
	return os.WriteFile(filepath.Join(dir, "run.sh"), []byte(text+"\n"), 0o644)
}
