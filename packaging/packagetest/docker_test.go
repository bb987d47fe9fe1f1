//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The image of examples/docker serves examples/kubernetes, too.
func TestServersInContainers(t *testing.T) {
	t.Parallel()
	p := newPodman(t)
	p.image("ghcr.io/hotswap-dev/hotswap:0.1.0")
	p.node("docker.io/library/node:22-slim")
	p.does("build", "--tag", "localhost/app:1", filepath.Join(root, "examples/docker"))
	t.Run("docker", func(t *testing.T) { docker(t, p.of(t)) })
	t.Run("kubernetes", func(t *testing.T) { kubernetes(t, p.of(t)) })
}

// docker runs compose.yaml of examples/docker with Docker's default profile. hotswap is process 1 of a user without
// privileges, over files that it cannot write. Swaps lose no request, and the container stops in time.
func docker(t *testing.T, p *podman) {
	needs(t, "podman-compose")
	project, port := filepath.Join(p.dir, "docker"), testkit.FreePort(t)
	testkit.NoError(t, os.CopyFS(project, os.DirFS(filepath.Join(root, "examples/docker"))))
	file := filepath.Join(project, "app/server.mjs")
	version := 1
	for capability, allowed := range map[string]string{"": "no", "SYS_PTRACE": "ok"} {
		compose := p.compose(project, fmt.Sprintf("services: {app: {environment: {PORT: %q}, cap_add: [%s], security_opt: [%q]}}\n",
			port, capability, "seccomp="+e2etest.DockerProfile(t, p.dir)))
		compose("up", "--detach")
		container := p.does("ps", "--quiet")
		tr := begin(t, "127.0.0.1:"+port)
		tr.Answers(strconv.Itoa(version), 20)
		for gen := 2; gen <= 3; gen++ {
			e2etest.Replace(t, file, fmt.Sprint("version = ", version), fmt.Sprint("version = ", version+1))
			version++
			if out := p.does("exec", container, "hotswap", "reload"); out != fmt.Sprintf("generation %d serves", gen) {
				t.Errorf("reload prints %q", out)
			}
			tr.Answers(strconv.Itoa(version), 20)
		}
		tr.End()
		if out, _ := p.command("podman", "exec", container, "hotswap", "doctor").CombinedOutput(); !strings.Contains(string(out), allowed+"  pidfd_getfd ") {
			t.Errorf("with %q doctor prints:\n%s", capability, out)
		}
		p.does("stop", container) // SIGKILL after 10 s, as docker stop
		if got := p.does("inspect", "--format", "{{.State.ExitCode}}", container); got != "0" {
			t.Errorf("exit code %s", got)
		}
		p.does("rm", container)
	}
}

// hotswap is process 1 of a container: with podman's profile and with Docker's, which forbids pidfd_getfd, the adapter of
// Node hands kept connections over. None is left to the old process until that is told to stop, and no request is lost. At
// "podman stop" the container serves for --stop-delay.
func TestKeptConnectionsInContainers(t *testing.T) {
	t.Parallel()
	for profile, c := range map[string]struct{ example, file, command string }{
		"podman": {"docker/app", "server.mjs", "node server.mjs"}, "docker": {"docker/app", "server.mjs", "node server.mjs"},
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			const delay = 2 * time.Second
			p, port := newPodman(t), testkit.FreePort(t)
			app := filepath.Join(p.dir, "app")
			testkit.NoError(t, os.CopyFS(app, os.DirFS(filepath.Join(root, "examples", c.example))))
			args := []string{"run", "--rm", "--name", profile, "--volume", app + ":/mnt", "--volume", binary + ":/usr/local/bin/hotswap:ro", "--workdir", "/mnt", "--env", "PORT=" + port}
			if profile == "docker" {
				args = append(args, "--security-opt", "seccomp="+e2etest.DockerProfile(t, p.dir))
			}
			h := e2etest.Start(t, e2etest.Options{
				Binary: "podman", Wrap: append(args, "--rootfs", "/:O", "/usr/local/bin/hotswap"), Env: p.env, Command: strings.Fields(c.command),
				Args: []string{"--no-watch", "--no-warm", "--drain-timeout", testkit.Patience.String(), "--probation", "200ms", "--stop-delay", delay.String()},
			})
			h.Serving(1)
			tr := begin(t, "127.0.0.1:"+port)
			tr.Answers("1", 20)
			e2etest.Replace(t, filepath.Join(app, c.file), "version = 1", "version = 2")
			testkit.NoError(t, h.Cmd.Process.Signal(syscall.SIGHUP))
			h.Serving(2)
			tr.Answers("2", 20)
			l := h.Drained(1)
			began := time.Now()
			stop := p.command("podman", "stop", "--time", "60", profile)
			testkit.NoError(t, stop.Start())
			tr.Answers("2", 20)
			tr.End()
			if code := h.Exit(); code != 0 || time.Since(began) < delay {
				t.Errorf("podman stop: exit code %d after %v", code, time.Since(began))
			}
			_ = stop.Wait() // the container may be gone before podman looks
			if l.Busy || l.Killed || l.Moved == 0 {
				t.Errorf("%+v: connections in use were left to its end, or hotswap moved none", l)
			}
		})
	}
}
