//go:build linux

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

// shell is a real one, with job control, in a terminal.
type shell struct {
	t   *testing.T
	cmd *exec.Cmd
	pty *os.File

	mu   sync.Mutex // guards what follows
	cond *sync.Cond
	text bytes.Buffer
	seen int
}

// prompt is the shell's, and in no line that is typed.
const prompt = "ready> "

func openShell(t *testing.T, dir string, argv ...string) *shell {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PS1="+prompt, "HOTSWAP="+binary, "GORACE=atexit_sleep_ms=0", "HISTFILE=", "TERM=dumb", "ENV=")
	p, slave, err := tty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 500}); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		t.Skipf("no %s: %v", argv[0], err)
	}
	s := &shell{t: t, cmd: cmd, pty: p}
	s.cond = sync.NewCond(&s.mu)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := p.Read(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.text.Write(buf[:n])
			s.cond.Broadcast()
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // hangs up: what is left of hotswap leaves too
		_ = cmd.Wait()
		p.Close()
		if t.Failed() {
			s.mu.Lock()
			t.Logf("the terminal showed:\n%s", s.text.String())
			s.mu.Unlock()
		}
	})
	s.sees(prompt)
	return s
}

// sees waits for a text after the last that was seen; it gives what came before.
func (s *shell) sees(text string) string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	before, found := "", false
	e2etest.Await(s.cond, func() bool {
		before, _, found = strings.Cut(s.text.String()[s.seen:], text)
		return found
	})
	if !found {
		s.t.Fatalf("the terminal does not show %q", text)
	}
	s.seen += len(before) + len(text)
	return before
}

func (s *shell) types(text string) {
	s.t.Helper()
	if _, err := s.pty.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// jobEnded is what a shell says of a job when it comes to it.
var jobEnded = regexp.MustCompile(`(?m)^\[\d+\].*\n`)

// stty is how the terminal is set at the prompt.
func (s *shell) stty() string {
	s.t.Helper()
	s.types("stty -a; echo '<'end'>'\n")
	out := s.sees("<end>")
	s.sees(prompt)
	if i := strings.Index(out, "speed"); i >= 0 {
		out = out[i:]
	}
	return jobEnded.ReplaceAllString(out, "")
}

func (s *shell) same(was string) {
	s.t.Helper()
	if now := s.stty(); now != was {
		s.t.Errorf("the terminal was\n%s\nand is\n%s", was, now)
	}
}

// onlyJob is the process that the shell has started.
func (s *shell) onlyJob() int {
	s.t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(s.cmd.Process.Pid)).Output()
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		s.t.Fatal(err)
	}
	return pid
}

func pings(t *testing.T, port string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	res, err := c.Get("http://127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

var shells = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "-i"},
	"dash": {"dash", "-i"},
}

const nodeServer = `
require('http').createServer((q, r) => r.end('ok')).listen(+process.argv[2], '127.0.0.1')
`

// What people do at a shell's prompt leaves their terminal as it was, and the
// service as it should be.
func TestJobOfAShell(t *testing.T) {
	t.Parallel()
	for name, argv := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, "server.js"), nodeServer)
			s := openShell(t, dir, argv...)
			was := s.stty()

			s.types("$HOTSWAP --no-watch -- node server.js " + port + "\n")
			s.sees("press ? for keys")
			s.types("\x1a")
			s.sees(prompt)
			s.same(was)
			answered := make(chan struct{})
			go func() { defer close(answered); pings(t, port) }()
			s.types("fg\n")
			<-answered
			s.types("s")
			s.sees("serving · node server.js")
			s.types("r")
			s.sees("generation 2 serves")
			s.types("\x1a")
			s.sees(prompt)
			s.types("bg\n")
			pings(t, port)
			s.same(was)
			s.types("fg\n")
			s.types("s")
			s.sees("serving · node server.js")
			s.types("q")
			s.sees("generation 2 drained")
			s.sees(prompt)
			s.same(was)
		})
	}
}

// kill -9 of hotswap leaves the shell a terminal that echoes what is typed.
func TestKillNineBelowAShell(t *testing.T) {
	t.Parallel()
	for name, argv := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, "server.js"), nodeServer)
			s := openShell(t, dir, argv...)
			was := s.stty()
			s.types("$HOTSWAP --no-watch -- node server.js " + port + "\n")
			s.sees("press ? for keys")
			job := s.onlyJob()
			tree := below(t, job)
			if err := syscall.Kill(job, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			s.sees("Killed")
			ended(t, tree) // the keeper too: it has done what it had to
			s.types("\n")
			s.sees(prompt)
			s.same(was)
		})
	}
}

// What is started with & is the shell's neighbour: it is not stopped, takes no
// key, and touches no mode.
func TestBackgroundJobOfAShell(t *testing.T) {
	t.Parallel()
	for name, argv := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, "server.js"), nodeServer)
			s := openShell(t, dir, argv...)
			was := s.stty()
			s.types("$HOTSWAP --no-watch -- node server.js " + port + " &\n")
			s.sees("generation 1 serves")
			s.types("\n")
			s.same(was)
			s.types("jobs\n")
			if out := s.sees("server.js"); !strings.Contains(out, "Running") {
				t.Errorf("the job is %q", out)
			}
			s.types("kill -HUP %1\n")
			s.sees("generation 1 drained")
			s.same(was)
			pings(t, port)
			s.types("kill %1\n")
			s.sees("generation 2 drained")
			s.types("\n")
			s.same(was)
		})
	}
}
