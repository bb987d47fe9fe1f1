//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A project with its own watcher is an archive of testdata/init. Its comment names the file with the version (save),
// the folder whose packages it has (modules), what starts hotswap (by), and a compiler whose files start the first
// generation (compiler). What hotswap init writes serves, and a save is a swap: by hotswap alone, and by the script.
func TestInitOfRealProjects(t *testing.T) {
	t.Parallel()
	projects, err := filepath.Glob("testdata/init/*.txtar")
	if err != nil || len(projects) < 2 {
		t.Fatalf("%d projects, %v", len(projects), err)
	}
	for _, file := range projects {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			key := map[string]string{}
			for _, line := range unpack(t, file, dir) {
				key[line[0]] = line[1]
			}
			if key["modules"] != "" {
				linkModules(t, dir, key["modules"])
			}
			cmd := exec.CommandContext(background(t), binary, "init")
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, old, _ := strings.Cut(strings.TrimSpace(string(out)), "now write hotswap there instead of: ")
			manifest := filepath.Join(dir, "package.json")
			write(t, manifest, strings.Replace(string(testkit.Must(os.ReadFile(manifest))(t)), old, "hotswap", 1))
			o := options{dir: dir, env: []string{"GOFLAGS=-trimpath", "PATH=" + filepath.Dir(binary) + ":" +
				os.Getenv("PATH")}}
			if key["by"] != "" {
				o.binary, o.wrap = "npm", []string{"run", "dev", "--"}
			}
			h := start(t, o)
			if l := h.Serving(1); len(l.Files) > 0 && key["compiler"] == "" {
				t.Errorf("%+v", l)
			}
			answered(t, testkit.Client(""), "http://"+h.addr()+"/ping", 1)
			save(t, filepath.Join(dir, key["save"]), 2)
			h.Serving(2)
			answered(t, testkit.Client(""), "http://"+h.addr()+"/ping", 2)
			if h.Count(is("own-watcher")) > 0 {
				t.Error("the command of hotswap.yaml watches files itself")
			}
			if key["by"] != "" { // npm passes SIGTERM on, unlike the signal with which the test would end it
				h.signal(syscall.SIGTERM)
				h.Exit()
			}
		})
	}
}
