//go:build linux

package packagetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// podman keeps its images and containers in a folder of the test's own. Containers share this machine's network and
// processor time, and may be run in a container.
type podman struct {
	t   testing.TB
	dir string
	env []string
}

func newPodman(t testing.TB) *podman {
	t.Helper()
	needs(t, "podman")
	needs(t, "runc")
	// not t.TempDir, whose removal would fail the test if podman left a mount
	dir, err := os.MkdirTemp("", "hotswap-podman")
	testkit.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &podman{t: t, dir: dir}
	runtime := filepath.Join(dir, "runc")
	for name, text := range map[string]string{
		// podman raises limits, which needs a privilege that root of a container does not have.
		"runc": `#!/bin/bash
file= last=
for arg; do
  case $last in
  --bundle) file=$arg/config.json ;;
  --process) file=$arg ;;
  esac
  last=$arg
done
[ -z "$file" ] || sed --in-place 's/"rlimits":\[[^]]*\]/"rlimits":[]/' "$file"
exec runc "$@"
`,
		"containers.conf": `[containers]
netns = "host"
log_driver = "none"
[engine]
runtime = "` + runtime + `"
cgroup_manager = "cgroupfs"
events_logger = "none"
`,
		"storage.conf": fmt.Sprintf("[storage]\ndriver = \"overlay\"\ngraphroot = %q\nrunroot = %q\n",
			filepath.Join(dir, "root"), filepath.Join(dir, "run")),
	} {
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700))
	}
	p.env = append(os.Environ(), "CONTAINERS_CONF="+filepath.Join(dir, "containers.conf"),
		"CONTAINERS_STORAGE_CONF="+filepath.Join(dir, "storage.conf"), "BUILDAH_LAYERS=false")
	t.Cleanup(func() {
		cmd := p.command("podman", "rm", "--all", "--force", "--time", "0")
		_ = cmd.Run()
	})
	return p
}

// of returns the same podman for a part of the test.
func (p podman) of(t testing.TB) *podman { p.t = t; return &p }

func (p *podman) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	return cmd
}

// does runs podman and returns what it prints.
func (p *podman) does(args ...string) string {
	p.t.Helper()
	out, err := p.command("podman", args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("podman %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// image builds hotswap's image from the files of the archive.
func (p *podman) image(tags ...string) {
	p.t.Helper()
	files := filepath.Join(p.dir, "archive")
	testkit.NoError(p.t, os.Mkdir(files, 0o755))
	does(p.t, files, "tar", "--extract", "--file", archive)
	args := []string{"build", "--file", filepath.Join(root, "packaging/image/Dockerfile")}
	for _, tag := range tags {
		args = append(args, "--tag", tag)
	}
	p.does(append(args, files)...)
}
