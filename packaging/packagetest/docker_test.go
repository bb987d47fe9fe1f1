//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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
		compose := p.compose(project,
			fmt.Sprintf("services: {app: {environment: {PORT: %q}, cap_add: [%s], security_opt: [%q]}}\n",
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
		out, _ := p.command("podman", "exec", container, "hotswap", "doctor").CombinedOutput()
		if !strings.Contains(string(out), allowed+"  pidfd_getfd ") {
			t.Errorf("with %q doctor prints:\n%s", capability, out)
		}
		p.does("stop", container) // SIGKILL after 10 s, as docker stop
		if got := p.does("inspect", "--format", "{{.State.ExitCode}}", container); got != "0" {
			t.Errorf("exit code %s", got)
		}
		p.does("rm", container)
	}
}
