//go:build linux && amd64

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Clients that leave when /readyz says 503 lose nothing at the end of hotswap, although new ones come until then.
// Node's answers say that their connection ends.
func TestStopDelay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dir     string
		adapter bool
		command []string
	}{
		{nodeProject(t), true, words("node server.js")},
		{project(t, "python"), false, words("python3 -B server.py")},
	} {
		t.Run(c.command[0], func(t *testing.T) {
			t.Parallel()
			port, admin := freePort(t), freePort(t)
			h := start(t, options{
				dir: c.dir, env: []string{"PORT=" + port}, command: c.command,
				args: []string{"--no-watch", "--no-warm", "--admin", admin, "--stop-delay", "1h"},
			})
			h.Serving(1)
			tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
			tr.answers("1", 20)
			h.signal(syscall.SIGTERM)
			unready(t, admin)
			from := tr.c.Snapshot().Closes.Announced
			tr.more(50)
			if c.adapter {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				if err := tr.c.Await(ctx, func(s load.Snapshot) bool { return s.Closes.Announced >= from+8 }); err != nil {
					t.Errorf("%v: of 8 kept connections, answers have ended %d", err, tr.c.Snapshot().Closes.Announced-from)
				}
			}
			tr.end()
			h.signal(syscall.SIGINT) // the delay ends, and nobody is left
			if code := h.Exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// podman stop, which docker stop is, sends SIGTERM to hotswap as process 1. Its clients see the delay, too, and the
// container ends before podman's own time.
func TestStopDelayInAContainer(t *testing.T) {
	t.Parallel()
	const delay = 2 * time.Second
	p, dir, port, admin := newPodman(t), nodeProject(t), freePort(t), freePort(t)
	env := []string{"PORT=" + port, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
	h := start(t, options{
		binary: "podman", wrap: p.run(p.dockers(), env, "/bin/sh", "-c", `cd "$0" && exec "$@"`, dir, binary),
		args: []string{"--no-watch", "--no-warm", "--admin", admin, "--stop-delay", delay.String()}, command: words("node server.js"),
	})
	h.Serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	began := time.Now()
	stop := exec.Command("podman", append(p.global(), "stop", "--time", fmt.Sprint(int(patience.Seconds())), p.name)...)
	if err := stop.Start(); err != nil {
		t.Fatal(err)
	}
	unready(t, admin)
	tr.end()
	if code := h.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	took := time.Since(began)
	t.Logf("podman stop: %v", took)
	if took < delay {
		t.Errorf("the container has ended after %v", took)
	}
	_ = stop.Wait() // the container may be gone before podman looks
}

func nodeProject(t *testing.T) string {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "server.js"), plainNode)
	write(t, filepath.Join(dir, "version.js"), "module.exports = 1\n")
	return dir
}

// unready waits until /readyz says that hotswap stops.
func unready(t *testing.T, admin string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		if text := get("http://127.0.0.1:" + admin + "/readyz"); !strings.HasPrefix(text, "stopping") {
			return fmt.Errorf("/readyz says %q", text)
		}
		return nil
	})
}
