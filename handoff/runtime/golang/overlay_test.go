package golang

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func goEnv(t *testing.T, name string) string {
	return strings.TrimSpace(string(testkit.Must(exec.Command("go", "env", name).Output())(t)))
}

// downloaded returns the toolchains that Go has downloaded here.
func downloaded(t *testing.T) []string {
	return testkit.Must(filepath.Glob(filepath.Join(goEnv(t, "GOMODCACHE"), "golang.org", "toolchain@*")))(t)
}

// prepared returns an adapter with its cache in the folder, and how its preparation has ended.
func prepared(cache string, env ...string) (a *Adapter, err error) {
	a = &Adapter{dir: "testdata/program", env: append(os.Environ(), env...), asked: make(chan struct{})}
	a.cache = func(name string) (string, error) { return filepath.Join(cache, name), nil }
	a.reporter = func(_ State, e error) { err = e }
	a.prepare(context.Background())
	return a, err
}

// buildProgram builds testdata/program with the adapter, and with the user's own flags.
func buildProgram(path string, env ...string) error {
	a, err := prepared(filepath.Dir(path), env...)
	if err != nil {
		return err
	}
	cmd := exec.Command("sh", "-c", "exec go build -o "+path+" .") // by the PATH of the environment
	cmd.Dir, cmd.Env = a.dir, a.Environ(a.env)
	return run(cmd)
}

// The toolchains of this machine are ones that the adapter knows, and no edit moves a line.
func TestEditsFit(t *testing.T) {
	for _, goroot := range append(downloaded(t), goEnv(t, "GOROOT")) {
		for file := range edits {
			text := string(testkit.Must(os.ReadFile(filepath.Join(goroot, "src", file)))(t))
			edited, err := edit(file, text)
			if n, was := strings.Count(edited, "\n"), strings.Count(text, "\n"); n != was || err != nil {
				t.Errorf("%s: %d lines, %d before, %v", goroot, n, was, err)
			}
			if _, err := edit(file, edited); err == nil {
				t.Error("edited twice")
			}
			if _, err := edit(file, text+text); err == nil {
				t.Error("a text that is there twice is taken")
			}
		}
	}
}

// Go allows no overlay of a toolchain that it has downloaded, but one of what stands in for that. The oldest and the newest here take it,
// also where the user's environment names the root of another one.
func TestDownloadedToolchain(t *testing.T) {
	all := downloaded(t)
	for i, goroot := range all {
		if i > 0 && i < len(all)-1 {
			continue
		}
		version, _, _ := strings.Cut(string(testkit.Must(os.ReadFile(filepath.Join(goroot, "VERSION")))(t)), "\n")
		path := filepath.Join(t.TempDir(), "program")
		testkit.NoError(t, buildProgram(path, "GOTOOLCHAIN="+version, "GOROOT="+goEnv(t, "GOROOT")))
		if info := testkit.Must(buildinfo.ReadFile(path))(t); info.GoVersion != version || !bytes.Contains(testkit.Must(os.ReadFile(path))(t), []byte("hotswap_")) {
			t.Errorf("built by %s instead of %s, or without the adapter", info.GoVersion, version)
		}
	}
}

// A command may compile for another machine: what the adapter adds compiles there, too.
func TestOtherMachines(t *testing.T) {
	a := testkit.Must(prepared(t.TempDir()))(t)
	for _, target := range []string{"GOARCH=386", "GOOS=darwin GOARCH=arm64"} {
		cmd := exec.Command("sh", "-c", target+" CGO_ENABLED=0 exec go build net/http")
		cmd.Dir, cmd.Env = a.dir, a.Environ(a.env)
		if err := run(cmd); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestConcerns(t *testing.T) {
	dir := t.TempDir()
	for command, want := range map[string]bool{
		"go run .": true, "cd x && go build": true, "/usr/local/go/bin/go run .": true, "sh -c 'go run .'": true, "go-server": false, "node go.js": false, "": false,
	} {
		if got := Concerns(dir, "node server.js", command); got != want {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
	testkit.Write(t, filepath.Join(dir, "go.mod"), "module x\n")
	if !Concerns(filepath.Join(dir, "cmd", "x")) {
		t.Error("a module is not seen")
	}
}

// The user's own flags go on to count; an overlay of the user's means no adapter. What does not parse does not compile.
func TestOverlay(t *testing.T) {
	for _, c := range []struct{ name, env, flags, has, why string }{
		{"none", "GOFLAGS=", "-overlay=DIR/overlay.json", `hotswap_adapter.go`, ""},
		{"flags", "GOFLAGS=-tags=x  '-ldflags=-s -w'", "-tags=x  '-ldflags=-s -w' -overlay=DIR/overlay.json", `server.go`, ""},
		{"an overlay", "GOFLAGS=-v --overlay=mine.json", "", "", "reads only one"},
		{"a space", "GOFLAGS=", `"-overlay=DIR/overlay.json"`, "server.go", ""},
		{"another system", "GOOS=plan9", "", "", "GOOS is plan9"},
		{"no toolchain", "GOROOT=/nowhere", "", "", "GOROOT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), c.name)
			name, _, _ := strings.Cut(c.env, "=")
			a := &Adapter{dir: t.TempDir(), env: append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, name+"=") }), "GOENV=off", c.env), cache: func(string) (string, error) { return base, nil }}
			flags, dir, err := a.overlay(t.Context())
			if c.why != "" {
				if err == nil || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want one line with %q", err, c.why)
				}
				return
			}
			testkit.NoError(t, err)
			if got := strings.Replace(flags, dir, "DIR", 1); got != c.flags {
				t.Errorf("GOFLAGS is %q, want %q", got, c.flags)
			}
			if text := string(testkit.Must(os.ReadFile(filepath.Join(dir, "overlay.json")))(t)); !strings.Contains(text, c.has) {
				t.Errorf("no %s in %s", c.has, text)
			}
		})
	}
}

// What has its own flags, or is for another system, is built as without hotswap; a toolchain that does not compile net/http is told once.
func TestEnviron(t *testing.T) {
	a := &Adapter{env: []string{"GOFLAGS=-v", "A=1"}, flags: "-v -overlay=x", needs: []string{filepath.Join(t.TempDir(), "compiled")}, asked: make(chan struct{})}
	close(a.asked)
	env := []string{"GOFLAGS=-v", "A=2"}
	if got := a.Environ(env); !slices.Equal(got, env) {
		t.Errorf("%q before net/http was compiled", got)
	}
	testkit.Write(t, a.needs[0], "")
	if got := a.Environ(env); !slices.Equal(got, []string{"A=2", "GOFLAGS=-v -overlay=x"}) {
		t.Errorf("%q", got)
	}
	for _, more := range []string{"GOFLAGS=-tags=y", "GOOS=js", "GOROOT=/x"} {
		if env := append(slices.Clone(env), more); !slices.Equal(a.Environ(env), env) {
			t.Errorf("%s is changed", more)
		}
	}
	a.needs = append(a.needs, "gone")
	b, failed := prepared(t.TempDir(), "GOFLAGS=-nonsense")
	if env := b.Environ(env); failed == nil || strings.Contains(failed.Error(), "\n") || len(env) != 2 || !slices.Equal(a.Environ(env), env) {
		t.Errorf("%v, %q", failed, env)
	}
}
