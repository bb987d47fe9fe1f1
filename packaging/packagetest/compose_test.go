//go:build linux

package packagetest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// compose.yaml of examples/containers is built and run. A file that is copied into the container, as "action: sync"
// does, swaps the program; the container ends within its grace period.
func TestComposeFile(t *testing.T) {
	t.Parallel()
	needs(t, "podman-compose")
	p := newPodman(t)
	p.image("ghcr.io/hotswap-dev/hotswap:0.1.0")
	p.node("docker.io/library/node:22-slim")
	project, port := filepath.Join(p.dir, "containers"), testkit.FreePort(t)
	testkit.NoError(t, os.CopyFS(project, os.DirFS(filepath.Join(root, "examples/containers"))))
	compose := p.compose(project, "services: {app: {environment: {PORT: \""+port+"\"}}}\n")
	t.Log(compose("up", "--detach", "--build"))
	url := "http://127.0.0.1:" + port
	greets := func(want string) {
		testkit.Eventually(t, func() error {
			got, err := testkit.Get(url)
			if err == nil && got != want+"\n" {
				err = fmt.Errorf("answer: %q", got)
			}
			return err
		})
	}
	greets("hello")

	container := strings.Fields(p.does("ps", "--quiet"))
	if len(container) != 1 {
		t.Fatalf("containers: %q", container)
	}
	var settings struct {
		Services map[string]struct {
			Develop struct {
				Watch []struct{ Path, Target string }
			}
		}
	}
	testkit.NoError(t, yaml.Unmarshal(testkit.Must(os.ReadFile(filepath.Join(project, "compose.yaml")))(t), &settings))
	rule := settings.Services["app"].Develop.Watch[0]
	file := filepath.Join(project, rule.Path, "server.js")
	e2etest.Replace(t, file, "hello", "good day")
	p.does("cp", file, container[0]+":"+rule.Target+"/server.js")
	greets("good day")
	if out := p.does("exec", container[0], "hotswap", "status"); !strings.Contains(out, "generation 2 serving") {
		t.Errorf("status prints:\n%s", out)
	}
	compose("down")
	if left := p.does("ps", "--all", "--quiet"); left != "" {
		t.Errorf("left: %s", left)
	}
}

// compose returns a function that runs podman-compose in a project's folder, with compose.yaml and more settings.
func (p *podman) compose(project, more string) func(args ...string) string {
	p.t.Helper()
	// Where tests run, containers may have no network of their own: podman gets its host's instead. Podman adds folders
	// to a read-only root, unlike Docker.
	wrapper := filepath.Join(p.dir, "podman")
	testkit.Write(p.t, wrapper, `#!/bin/bash
[ "$1" != network ] || exit 0
args=()
while [ $# -gt 0 ]; do
  case $1 in
  --net | --network-alias | -p) shift 2 ;;
  --read-only) args+=("$1" --read-only-tmpfs=false); shift ;;
  *) args+=("$1"); shift ;;
  esac
done
exec podman "${args[@]}"
`)
	testkit.NoError(p.t, os.Chmod(wrapper, 0o755))
	testkit.Write(p.t, filepath.Join(project, "here.yaml"), more)
	return func(args ...string) string {
		p.t.Helper()
		cmd := p.command("podman-compose",
			append([]string{"--podman-path", wrapper, "--file", "compose.yaml", "--file", "here.yaml"}, args...)...)
		cmd.Dir = project
		out, err := cmd.CombinedOutput()
		if err != nil {
			p.t.Fatalf("podman-compose %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
}

// node builds an image with this machine's Node, npm and sh.
func (p *podman) node(tag string) {
	p.t.Helper()
	files := filepath.Join(p.dir, "node")
	npm := testkit.Must(filepath.EvalSymlinks(does(p.t, "/", "sh", "-c", "command -v npm")))(p.t)
	modules := filepath.Dir(filepath.Dir(npm))
	paths := []string{modules}
	for _, program := range []string{"node", "sh", "env"} {
		path := testkit.Must(exec.LookPath(program))(p.t)
		for _, library := range regexp.MustCompile(`/\S+`).FindAllString(does(p.t, "/", "ldd", path), -1) {
			paths = append(paths, strings.TrimSuffix(library, ":"))
		}
		paths = append(paths, path)
	}
	does(p.t, "/", append([]string{"cp", "--recursive", "--dereference", "--parents", "--target-directory",
		mkdir(p.t, files)}, slices.Compact(paths)...)...)
	for link, target := range map[string]string{"bin": "usr/bin", "usr/local/bin/npm": npm} {
		mkdir(p.t, files, filepath.Dir(link))
		testkit.NoError(p.t, os.Symlink(target, filepath.Join(files, link)))
	}
	if path := mkdir(p.t, files, "tmp"); os.Chmod(path, fs.ModeSticky|0o777) != nil {
		p.t.Fatal(path)
	}
	testkit.Write(p.t, filepath.Join(p.dir, "Dockerfile"),
		"FROM scratch\nCOPY node /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n")
	p.does("build", "--tag", tag, ".")
}

func mkdir(t testing.TB, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	testkit.NoError(t, os.MkdirAll(dir, 0o755))
	return dir
}
