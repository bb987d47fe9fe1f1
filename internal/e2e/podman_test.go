//go:build linux && amd64

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// podman runs containers of this machine's own files, without an image and in its network.
type podman struct {
	t    *testing.T
	dir  string
	name string
}

// newPodman skips the test where containers cannot be run.
func newPodman(t *testing.T) *podman {
	t.Helper()
	needs(t, "podman", "--version")
	needs(t, "runc", "--version")
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	dir, err := os.MkdirTemp("", "hotswap-podman") // not t.TempDir, whose removal would fail the test if podman left a mount
	if err != nil {
		t.Fatal(err)
	}
	p := &podman{t: t, dir: dir, name: filepath.Base(dir)}
	t.Cleanup(func() {
		_ = exec.Command("podman", append(p.global(), "rm", "--force", "--time", "0", "--ignore", p.name)...).Run()
		_ = os.RemoveAll(dir)
	})
	if out, err := exec.Command("podman", p.run("", nil, "/usr/bin/true")...).CombinedOutput(); err != nil {
		t.Skipf("podman runs no container here: %v\n%s", err, out)
	}
	return p
}

func (p *podman) global() []string {
	return []string{"--runtime", "runc", "--root", filepath.Join(p.dir, "root"), "--runroot", filepath.Join(p.dir, "runroot"),
		"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none"}
}

// run returns podman's arguments for a command in a container, with a seccomp profile, or with podman's own if
// that is empty.
func (p *podman) run(profile string, env []string, command ...string) []string {
	p.t.Helper()
	args := append(p.global(), "run", "--rm", "--name", p.name, "--network", "host", "--log-driver", "none",
		"--ulimit", "nofile=1024:4096", "--ulimit", "nproc=4096:4096")
	if profile != "" {
		args = append(args, "--security-opt", "seccomp="+profile)
	}
	for _, e := range env {
		args = append(args, "--env", e)
	}
	files := filepath.Join(p.dir, "files")
	entries, err := os.ReadDir("/")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		path := filepath.Join(files, e.Name())
		switch target, err := os.Readlink("/" + e.Name()); {
		case err == nil:
			_ = os.MkdirAll(files, 0o755)
			_ = os.Symlink(target, path)
		case e.IsDir():
			if err := os.MkdirAll(path, 0o755); err != nil {
				p.t.Fatal(err)
			}
			if !slices.Contains([]string{"proc", "sys", "dev", "run", "etc", "boot"}, e.Name()) {
				args = append(args, "--volume", "/"+e.Name()+":/"+e.Name())
			}
		}
	}
	return append(append(args, "--rootfs", files), command...)
}

// dockers writes Docker's default profile.
func (p *podman) dockers() string { p.t.Helper(); return e2etest.DockerProfile(p.t, p.dir) }

// hotswap is process 1 of a container: with podman's profile it moves the kept connections of a program without an
// adapter, and with Docker's, which forbids pidfd_getfd, the adapter ends those of Node. None is left to the old
// process until that is told to stop, and no request is lost.
func TestKeptConnectionsInContainers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile, example, file string
		command                []string
	}{
		{"podman", "python", "version.py", words("python3 -B server.py")},
		{"docker", "fleet", "version.json", words("node node-http.js")},
	} {
		t.Run(c.command[0]+", "+c.profile+"'s profile", func(t *testing.T) {
			t.Parallel()
			p, dir, port, profile := newPodman(t), project(t, c.example), freePort(t), ""
			if c.profile == "docker" {
				profile = p.dockers()
			}
			env := []string{"PORT=" + port, "PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
			h := start(t, options{
				binary: "podman", wrap: p.run(profile, env, "/bin/sh", "-c", `cd "$0" && exec "$@"`, dir, binary),
				args: []string{"--no-watch", "--no-warm", unhurried, "--probation", brief}, command: c.command,
			})
			h.Serving(1)
			tr := begin(t, []load.Kind{load.FreshGET(2), load.KeepAliveGET(4)}, load.ExampleChecks(), "127.0.0.1:"+port)
			tr.answers("1", 20)
			save(t, filepath.Join(dir, c.file), 2)
			h.signal(syscall.SIGHUP)
			h.Serving(2)
			tr.answers("2", 20)
			l := h.Drained(1)
			if l.Busy || l.Killed {
				t.Errorf("%+v: connections in use were left to its end", l)
			}
			tr.end()
			if l.Closed+l.Moved == 0 && c.profile == "podman" {
				t.Error("hotswap moved no request and ended no connection")
			}
		})
	}
}
