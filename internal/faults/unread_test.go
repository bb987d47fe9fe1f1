//go:build linux

package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// envBinds is PORT:COUNT: so often generation 1 tries to bind that port, which
// another program has, before it does anything else.
const envBinds = "FAULTS_BINDS"

// unreadPoints are about more lines than hotswap keeps for a reader.
func unreadPoints() []point {
	return []point{
		{step: "each", victim: theBoss, fault: "its output is a full pipe, and never read", run: func(t *testing.T) *result {
			s, _ := flooded(t)
			s.leaves()
			return s.result
		}},
		{step: "each", victim: theBoss, fault: "its output is a full pipe, then read again", run: readAgain},
	}
}

// readAgain: the reader is told how many lines it has missed, and hears what
// happens from then on.
func readAgain(t *testing.T) *result {
	s, r := flooded(t)
	type line struct {
		e2etest.Line
		Lines int `json:"lines"` // left-out
	}
	lines := make(chan line)
	go func() {
		defer close(lines)
		in := bufio.NewReader(r)
		for {
			text, err := in.ReadString('\n')
			if err != nil {
				return
			}
			var l line // behind the spaces that filled the pipe
			if json.Unmarshal([]byte(strings.TrimSpace(text)), &l) == nil {
				lines <- l
			}
		}
	}()
	patience := time.After(testkit.Patience)
	wait := func(what string, is func(line) bool) {
		t.Helper()
		for {
			select {
			case l, ok := <-lines:
				if !ok {
					t.Fatalf("no line: %s", what)
				}
				if is(l) {
					return
				}
			case <-patience:
				t.Fatalf("no line: %s", what)
			}
		}
	}
	taken, missing := 0, 0
	old := s.settled()
	s.swap()
	wait("the next generation", func(l line) bool {
		if l.Event == "address-in-use" {
			taken++
		}
		missing += l.Lines
		return l.Event == "serving" && l.Gen > old
	})
	if taken != 1 || missing < 2 {
		t.Errorf("%d lines were left out; the port's owner was told %d times, want once", missing, taken)
	}
	go func() {
		for range lines { // the end is written too
		}
	}()
	s.leaves()
	return s.result
}

// flooded is a hotswap whose output is a full pipe, and whose queue of lines is
// full too, by 15,000 binds of a foreign port and by lines that name a thousand
// files. Commands are answered all the same.
func flooded(t *testing.T) (s *scene, r *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	fill(t, w)
	foreign, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { foreign.Close() })
	_, port, _ := net.SplitHostPort(foreign.Addr().String())
	s = prepare(t, setting{
		output: w, watched: true, args: []string{"--ext", "txt", "--ready-timeout", "60s"}, env: []string{envBinds + "=" + port + ":15000"},
	}, testkit.FreePort(t))
	s.start()
	w.Close()
	s.control.came(1, stepAccepted)
	s.load()
	s.answered("1", 30)
	const rounds = 4
	for round := range rounds {
		old := s.settled()
		saveMany(t, filepath.Join(s.dir, "work"), round)
		testkit.Eventually(t, func() error {
			if gen, _, err := s.who(); err != nil || gen <= old {
				return fmt.Errorf("generation %d answers, %v", gen, err)
			}
			return nil
		})
	}
	// On a busy machine the last save may be two batches, and one of them a swap of its own.
	old := 0
	testkit.Eventually(t, func() error {
		old = s.settled()
		if out := s.ask("status", "--json"); !strings.Contains(out, `"generation": `+strconv.Itoa(old)) {
			return fmt.Errorf("generation %d serves, status:\n%s", old, out)
		}
		return nil
	})
	now := 0
	out := s.ask("reload")
	if _, err := fmt.Sscanf(out, "generation %d serves\n", &now); err != nil || now <= old {
		t.Fatalf("reload: %q after generation %d", out, old)
	}
	s.answered(strconv.Itoa(now), 30)
	return s, r
}

// fill writes to a pipe until there is no room.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	raw, err := w.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	space := []byte(strings.Repeat(" ", 4095) + "\n")
	if err := raw.Control(func(fd uintptr) {
		for err == nil {
			_, err = unix.Write(int(fd), space)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err != unix.EAGAIN {
		t.Fatal(err)
	}
}

// saveMany saves a thousand files with long names.
func saveMany(t *testing.T, dir string, version int) {
	t.Helper()
	for i := range 1000 {
		name := fmt.Sprintf("%04d%s.txt", i, strings.Repeat("x", 200))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strconv.Itoa(version)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// ask runs a sub-command in the project's directory, and gives what it prints.
func (s *scene) ask(args ...string) string {
	s.Helper()
	cmd := exec.Command(s.binary, args...)
	cmd.Dir = filepath.Join(s.dir, "work")
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+filepath.Join(s.dir, "run"))
	timer := time.AfterFunc(testkit.Patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.Errorf("hotswap %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// bindMany binds a port of another program so often, as envBinds says.
func bindMany(value string) error {
	var port, n int
	if _, err := fmt.Sscanf(value, "%d:%d", &port, &n); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for range n {
		if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != unix.EADDRINUSE {
			return fmt.Errorf("bind of a port that is taken: %v", err)
		}
	}
	return nil
}
