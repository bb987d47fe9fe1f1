package install

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	root    = "../../.."
	hotswap = "github.com/hotswap-dev/hotswap"
	client  = hotswap + "/clients/go"
)

// does runs a command in a folder, with env added to the environment, and returns its standard output.
func does(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	var errOut strings.Builder
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s%s", command, err, out, errOut.String())
	}
	return strings.TrimSpace(string(out))
}

// published returns the version of this commit, and the environment in which Go finds that version.
func published(t *testing.T) (version string, env []string) {
	t.Helper()
	version = "v" + does(t, root, nil, "packaging/version")
	proxy, clone := t.TempDir(), t.TempDir()
	does(t, root, nil, "git", "clone", "--quiet", "--shared", ".", clone) // of a linked work tree, too
	for path, folder := range map[string]string{hotswap: "", client: "clients/go"} {
		at := filepath.Join(proxy, path, "@v")
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		packed, err := os.Create(filepath.Join(at, version+".zip"))
		if err == nil {
			err = zip.CreateFromVCS(packed, module.Version{Path: path, Version: version}, clone, "HEAD", folder)
		}
		if err != nil {
			t.Fatal(err)
		}
		packed.Close()
		info, _ := json.Marshal(struct {
			Version string
			Time    time.Time
		}{version, time.Unix(0, 0)})
		for name, text := range map[string]string{
			"list": version, version + ".info": string(info),
			version + ".mod": does(t, root, nil, "git", "show", "HEAD:"+filepath.Join(folder, "go.mod")),
		} {
			if err := os.WriteFile(filepath.Join(at, name), []byte(text+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return version, []string{
		"GOPROXY=file://" + proxy + ",file://" + filepath.Join(does(t, root, nil, "go", "env", "GOMODCACHE"),
			"cache/download"),
		"GOSUMDB=off", "GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS=-trimpath -modcacherw", "GOMODCACHE=" + t.TempDir(),
		"CGO_ENABLED=0",
	}
}

func TestGoInstall(t *testing.T) {
	t.Parallel()
	version, env := published(t)
	bin := t.TempDir()
	does(t, t.TempDir(), append(env, "GOBIN="+bin), "go", "install", hotswap+"/cmd/hotswap@"+version)
	if got, want := does(t, "", nil, filepath.Join(bin, "hotswap"), "--version"), "hotswap version "+version[1:]; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The Go client brings no other module.
func TestGoGetOfClient(t *testing.T) {
	t.Parallel()
	version, env := published(t)
	dir := t.TempDir()
	does(t, dir, env, "go", "mod", "init", "example.org/program")
	program := `package main

import hotswap "` + client + `"

func main() { println(hotswap.Generation()) }
`
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	does(t, dir, env, "go", "get", client)
	does(t, dir, env, "go", "build", "-o", "program", ".")
	does(t, dir, env, "./program")
	if got, want := does(t, dir, env, "go", "list", "-m", "all"), "example.org/program\n"+client+" "+version; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
