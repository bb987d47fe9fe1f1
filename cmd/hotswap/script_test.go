//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// programs are programs that scripts may execute by name.
func programs() map[string]func() {
	return map[string]func(){
		"hotswap":   beHotswap,
		"demo-http": fileServer, "demo-writer": selfWriter, "slow-http": slowServer,
		"demo-state": countingServer, "demo-tokens": tokenServer, "demo-fetch": fetch, "ask-mcp": agent,
		"demo-debugged": debuggedServer, "demo-compiler": watchingCompiler, "demo-udp": udpServer, "ask-udp": udpAsk,
		"demo-place": placedServer,
	}
}

// fileServer answers every request with a file's content as it was at its
// start; a file that says "broken" is a program that fails, one that says
// "doomed" one that serves, and fails as soon as there is a file doom.
func fileServer() {
	text := []byte("hello")
	if len(os.Args) > 2 {
		var err error
		text, err = os.ReadFile(os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if strings.HasPrefix(string(text), "hang") {
		time.Sleep(time.Hour) // without cgo, select {} is a deadlock
	}
	if strings.HasPrefix(string(text), "broken") {
		os.Exit(3)
	}
	network := "tcp"
	if strings.Contains(os.Args[1], "/") {
		network = "unix"
	}
	l, err := net.Listen(network, os.Args[1])
	if os.Args[1] == "passed" {
		l, err = net.FileListener(os.NewFile(3, "passed"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if len(os.Args) > 3 { // it says this once it listens
		fmt.Println(os.Args[3])
	}
	if strings.HasPrefix(string(text), "doomed") {
		go func() {
			for _, err := os.Stat("doom"); err != nil; _, err = os.Stat("doom") {
				time.Sleep(time.Millisecond)
			}
			os.Exit(4)
		}()
	}
	err = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) }))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// What the user sees is a script: testdata/script/TOPIC_CASE.txtar.
func TestScripts(t *testing.T) {
	t.Parallel()
	clients := testkit.Must(filepath.Abs("../../clients"))(t)
	cache := testkit.Must(exec.Command("go", "env", "GOCACHE").Output())(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error { // each script sees its own hotswaps only
			dir := filepath.Join(e.WorkDir, ".run")
			e.Setenv("XDG_RUNTIME_DIR", dir)
			e.Defer(func() { // those in the background of a script that failed
				for _, r := range record.Dir(filepath.Join(dir, "hotswap")).All() {
					if r.Alive() {
						_ = syscall.Kill(r.PID, syscall.SIGTERM)
					}
				}
			})
			e.Setenv("NOTIFY_SOCKET", "/nobody") // who would hear of a new process id
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Setenv("CLIENTS", clients)
			e.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // its default is below HOME, which no script has
			for name, number := range calls {
				e.Setenv(name, strconv.Itoa(number))
			}
			return os.Mkdir(dir, 0o700)
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "namespaces": // may we make any? AppArmor and containers forbid it
				return exec.Command("unshare", "-rn", "true").Run() == nil, nil
			case "root":
				return os.Geteuid() == 0, nil
			case "alone": // --all would stop the hotswaps of whoever runs the tests
				return !slices.ContainsFunc(record.Homes(), func(home record.Dir) bool {
					return slices.ContainsFunc(home.All(), record.Record.Alive)
				}), nil
			}
			return false, fmt.Errorf("no such condition: %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "background": background, "waitline": waitLine, "signal": sendSignal,
			"exits-with": exitsWith, "freeport": setFreePort(t), "holdport": holdPort, "get": get,
			"kill-with-keepers": killWithKeepers, "recorded": recorded,
			"hammer": hammer, "hammered": hammered,
			"waitfile": waitFile, "events": readEvents,
			"save": save, "saves": saves, "snippet": snippet, "manager": openManager, "told": toldManager,
		},
	})
}

// exits CODE COMMAND…: runs it and demands the exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// daemon is the program in the background of a script.
type daemon struct {
	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex // guards lines
	cond  *sync.Cond
	pid   int      // of hotswap, which may upgrade itself
	lines []string // of standard error, as they come
	seen  int      // that a waitline has passed
	ended bool
}

var daemons sync.Map // *testscript.TestScript → *daemon

func current(ts *testscript.TestScript) *daemon {
	d, ok := daemons.Load(ts)
	if !ok {
		ts.Fatalf("nothing runs in the background")
	}
	return d.(*daemon)
}

// background COMMAND…: starts it; its standard error is for waitline. Of the script's variables it gets PATH, those of
// XDG and NOTIFY_SOCKET only: background env HOTSWAP_QUIET_TIME=1s hotswap … gives it another.
func background(ts *testscript.TestScript, _ bool, args []string) {
	path := args[0]
	for _, dir := range strings.Split(ts.Getenv("PATH"), ":") {
		if _, err := os.Stat(dir + "/" + path); err == nil {
			path = dir + "/" + path
			break
		}
	}
	d := &daemon{cmd: exec.Command(path, args[1:]...), done: make(chan struct{})}
	d.cond = sync.NewCond(&d.mu)
	d.cmd.Dir = ts.Getenv("WORK")
	d.cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"), "XDG_RUNTIME_DIR="+ts.Getenv("XDG_RUNTIME_DIR"),
		"XDG_STATE_HOME="+ts.Getenv("XDG_STATE_HOME"), "NOTIFY_SOCKET="+ts.Getenv("NOTIFY_SOCKET"))
	stderr, err := d.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(d.cmd.Start())
	d.pid = d.cmd.Process.Pid
	ts.Setenv("HOTSWAP_PID", strconv.Itoa(d.pid))
	go d.read(stderr)
	daemons.Store(ts, d)
	ts.Defer(func() {
		daemons.Delete(ts)
		_ = d.signal(syscall.SIGQUIT) // stop at once
		select {
		case <-d.done:
		case <-time.After(patience):
			_ = d.signal(syscall.SIGKILL)
		}
	})
}

// upgraded is the line that tells which process is hotswap from now on.
var upgraded = regexp.MustCompile(`process (\d+) took over$`)

// hotswap is its process now.
func (d *daemon) hotswap() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pid
}

// read ends with the last process that has the standard error.
func (d *daemon) read(r io.Reader) {
	for s := bufio.NewScanner(r); s.Scan(); {
		d.mu.Lock()
		d.lines = append(d.lines, s.Text())
		if m := upgraded.FindStringSubmatch(s.Text()); m != nil {
			d.pid, _ = strconv.Atoi(m[1])
		}
		d.cond.Broadcast()
		d.mu.Unlock()
	}
	d.cmd.Wait()
	d.mu.Lock()
	d.ended = true
	close(d.done)
	d.cond.Broadcast()
	d.mu.Unlock()
}

// signal does nothing to what has ended: its number may be another's.
func (d *daemon) signal(sig syscall.Signal) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pid == d.cmd.Process.Pid {
		return d.cmd.Process.Signal(sig)
	}
	select {
	case <-d.done:
		return os.ErrProcessDone
	default:
		return syscall.Kill(d.pid, sig)
	}
}

// waitline REGEXP...: waits for lines of standard error after the last that a waitline
// found, in any order: a program and hotswap write without waiting for each other. $FOUND is what the last group in
// parentheses matched. ! waitline: no line so far matches.
func waitLine(ts *testscript.TestScript, neg bool, args []string) {
	d := current(ts)
	if neg {
		d.mu.Lock()
		defer d.mu.Unlock()
		if i := d.find(regexp.MustCompile(args[0]), 0, nil); i >= 0 {
			ts.Fatalf("there is the line %q", d.lines[i])
		}
		return
	}
	timer := time.AfterFunc(patience, func() { d.mu.Lock(); d.ended = true; d.cond.Broadcast(); d.mu.Unlock() })
	defer timer.Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	from, found := d.seen, map[int]bool{}
	for _, arg := range args {
		want := regexp.MustCompile(arg)
		i := d.find(want, from, found)
		for ; i < 0; i = d.find(want, from, found) {
			if d.ended {
				ts.Fatalf("no line matches %q in:\n%s", arg, strings.Join(d.lines, "\n"))
			}
			d.cond.Wait()
		}
		if m := want.FindStringSubmatch(d.lines[i]); len(m) > 1 {
			ts.Setenv("FOUND", m[1])
		}
	}
}

// find returns the first line from there on that matches and was not found yet, and notes it;
// -1: there is none. d.mu is locked.
func (d *daemon) find(want *regexp.Regexp, from int, found map[int]bool) int {
	for i := from; i < len(d.lines); i++ {
		if !found[i] && want.MatchString(d.lines[i]) {
			if found != nil {
				found[i] = true
			}
			d.seen = max(d.seen, i+1)
			return i
		}
	}
	return -1
}

// signal NAME: to the program in the background.
func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP,
		"QUIT": syscall.SIGQUIT, "KILL": syscall.SIGKILL, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2}
	ts.Check(current(ts).signal(signals[args[0]]))
}

// exits-with CODE: waits for its end.
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	d := current(ts)
	select {
	case <-d.done:
	case <-time.After(patience):
		ts.Fatalf("it does not end")
	}
	if got := strconv.Itoa(d.cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// holdport [HOST PORT]: this process listens there, or on a free port, which is $PORT; $HOLDER is its id.
func holdPort(ts *testscript.TestScript, _ bool, args []string) {
	at := append(args, "127.0.0.1", "0")
	l, err := net.Listen("tcp", net.JoinHostPort(at[0], at[1]))
	ts.Check(err)
	ts.Setenv("PORT", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Setenv("HOLDER", strconv.Itoa(os.Getpid()))
	ts.Defer(func() { _ = l.Close() })
}

// reach returns what asks at a URL, or at unix:PATH.
func reach(ts *testscript.TestScript, at string) (c *http.Client, url string) {
	if path, unix := strings.CutPrefix(at, "unix:"); unix {
		return testkit.Client(ts.MkAbs(path)), "http://unix/"
	}
	return testkit.Client(""), at
}

// get URL|unix:PATH TEXT: demands an answer that contains the text.
func get(ts *testscript.TestScript, _ bool, args []string) {
	client, url := reach(ts, args[0])
	res, err := client.Get(url)
	ts.Check(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	ts.Check(err)
	if !strings.Contains(string(b), args[1]) {
		ts.Fatalf("%s answers %q, want %q", args[0], b, args[1])
	}
}
