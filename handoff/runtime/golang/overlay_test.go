package golang

import (
	"bytes"
	"context"
	"go/version"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func goEnv(t *testing.T, name string) string {
	return strings.TrimSpace(string(testkit.Must(exec.Command("go", "env", name).Output())(t)))
}

// toolchains returns the roots of the one that runs this test and, where HOTSWAP_FULL is set, of those that Go has
// downloaded here and the adapter knows: by itself a test does not depend on what a module cache holds.
func toolchains(t *testing.T) (roots []string) {
	if os.Getenv("HOTSWAP_FULL") != "" {
		roots = testkit.Must(filepath.Glob(filepath.Join(goEnv(t, "GOMODCACHE"), "golang.org", "toolchain@*")))(t)
	}
	roots = slices.DeleteFunc(roots, func(goroot string) bool {
		line, _, _ := strings.Cut(string(testkit.Must(os.ReadFile(filepath.Join(goroot, "VERSION")))(t)), "\n")
		return version.Compare(line, oldest) < 0
	})
	return append(roots, goEnv(t, "GOROOT"))
}

// prepared returns an adapter with its cache in the folder, and how its preparation has ended.
func prepared(cache string, env ...string) (a *Adapter, err error) {
	a = &Adapter{dir: "testdata/program", env: append(os.Environ(), env...), named: true, asked: make(chan struct{}),
		cache: func(name string) (string, error) { return filepath.Join(cache, name), nil },
		apart: (*exec.Cmd).Run, reporter: func(_ State, e error) { err = e }}
	a.prepare(context.Background())
	return a, err
}

// buildProgram builds testdata/program with the adapter, and with the user's own flags.
func buildProgram(path string, env ...string) error {
	a, err := prepared(filepath.Dir(path), env...)
	if err != nil {
		return err
	}
	return a.build(path)
}

func (a *Adapter) build(path string) error {
	cmd := exec.Command("sh", "-c", "exec go build -o "+path+" .") // by the PATH of the environment
	cmd.Dir, cmd.Env = a.dir, a.Environ(a.env)
	return run((*exec.Cmd).Run, cmd)
}

// The toolchains of this machine are ones that the adapter knows, and no edit moves a line.
func TestEditsFit(t *testing.T) {
	for _, goroot := range toolchains(t) {
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

// Go allows no overlay of a toolchain that it has downloaded, but one of what stands in for that, also where the user's
// environment names the root of another one. The test makes that toolchain: what the module cache of a machine holds
// may be of another system, incomplete, or newer than this test.
func TestDownloadedToolchain(t *testing.T) {
	downloads, bin, path := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "program")
	goroot := filepath.Join(downloads, "golang.org", "toolchain@v0.0.1-go1.24.0.linux-amd64")
	testkit.NoError(t, stand(goEnv(t, "GOROOT"), goroot))
	// So does Go start the toolchain that GOTOOLCHAIN names.
	switched := "#!/bin/sh\nGOROOT='" + goroot + "' exec '" + goroot + "/bin/go' \"$@\"\n"
	testkit.NoError(t, os.WriteFile(filepath.Join(bin, "go"), []byte(switched), 0o755))
	other := goEnv(t, "GOROOT")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	testkit.NoError(t, buildProgram(path, "GOMODCACHE="+downloads, "GOROOT="+other))
	if !bytes.Contains(testkit.Must(os.ReadFile(path))(t), []byte("hotswap_")) {
		t.Error("built without the adapter")
	}
}

// A command may compile for another machine: what the adapter adds compiles there, too.
func TestOtherMachines(t *testing.T) {
	a := testkit.Must(prepared(t.TempDir()))(t)
	for _, target := range []string{"GOARCH=386", "GOOS=darwin GOARCH=arm64"} {
		cmd := exec.Command("sh", "-c", target+" CGO_ENABLED=0 exec go build net/http")
		cmd.Dir, cmd.Env = a.dir, a.Environ(a.env)
		if err := run((*exec.Cmd).Run, cmd); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestConcerns(t *testing.T) {
	dir := t.TempDir()
	for command, want := range map[string]bool{
		"go run .": true, "cd x && go build": true, "/usr/local/go/bin/go run .": true, "sh -c 'go run .'": true,
		"go-server go.js": false,
	} {
		if got := names([]string{"node server.js", command}); got != want {
			t.Errorf("%s: %v, want %v", command, got, want)
		}
	}
	if New(t.Context(), dir, nil, []string{"node server.js"}, nil, nil)() != nil {
		t.Error("an adapter where nothing is Go's")
	}
	testkit.Write(t, filepath.Join(dir, "go.mod"), "module x\n")
	if modules(filepath.Join(dir, "cmd", "x")) == "" {
		t.Error("a module is not seen")
	}
}

// The user's own flags go on to count; an overlay of the user's means no adapter. What does not parse does not compile.
func TestOverlay(t *testing.T) {
	for _, c := range []struct{ name, env, flags, has, why string }{
		{"none", "GOFLAGS=", "-asmflags=hotswap= -overlay=DIR/overlay.json", `hotswap_adapter.go`, ""},
		{"flags", "GOFLAGS=-tags=x  '-ldflags=-s -w'", "-tags=x  '-ldflags=-s -w' -asmflags=hotswap= -overlay=DIR/overlay.json",
			`server.go`, ""},
		{"an overlay", "GOFLAGS=-v --overlay=mine.json", "", "", "reads only one"},
		{"a space", "GOFLAGS=", `-asmflags=hotswap= "-overlay=DIR/overlay.json"`, "server.go", ""},
		{"another system", "GOOS=plan9", "", "", "GOOS is plan9"},
		{"no toolchain", "GOROOT=/nowhere", "", "", "GOROOT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), c.name)
			name, _, _ := strings.Cut(c.env, "=")
			a := &Adapter{dir: t.TempDir(),
				env: append(slices.DeleteFunc(os.Environ(), func(kv string) bool {
					return strings.HasPrefix(kv, name+"=")
				}), "GOENV=off", c.env), cache: func(string) (string, error) { return base, nil }}
			err := a.overlay(t.Context())
			if c.why != "" {
				if err == nil || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want one line with %q", err, c.why)
				}
				return
			}
			testkit.NoError(t, err)
			if got := strings.Replace(a.flags, a.folder, "DIR", 1); got != c.flags {
				t.Errorf("GOFLAGS is %q, want %q", got, c.flags)
			}
			if text := string(testkit.Must(os.ReadFile(filepath.Join(a.folder, "overlay.json")))(t)); !strings.Contains(text, c.has) {
				t.Errorf("no %s in %s", c.has, text)
			}
		})
	}
}

// What has its own flags, or is for another system, is built as without hotswap; a toolchain that does not compile
// net/http is told once.
func TestEnviron(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "x")
	a := &Adapter{
		env: []string{"GOFLAGS=-v", "A=1"}, flags: "-v -overlay=x", folder: folder,
		needs: []string{folder + "-compiled"}, asked: make(chan struct{}),
	}
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
	if env := b.Environ(env); failed == nil || strings.Contains(failed.Error(), "\n") || len(env) != 2 ||
		!slices.Equal(a.Environ(env), env) {
		t.Errorf("%v, %q", failed, env)
	}
}

// Somebody empties, removes or changes files of the overlay: the next build, and the next hotswap, find them as they
// were.
func TestChangedFilesAreWrittenAnew(t *testing.T) {
	cache, path := t.TempDir(), filepath.Join(t.TempDir(), "program")
	a := testkit.Must(prepared(cache))(t)
	spoil := func() {
		testkit.NoError(t, os.Remove(filepath.Join(a.folder, "net", "hotswap_held.go")))
		for file, text := range map[string]string{"net/http/server.go": "", "net/http/hotswap_conn.go": "package",
			"overlay.json": "{"} {
			testkit.NoError(t, os.WriteFile(filepath.Join(a.folder, file), []byte(text), 0o600))
		}
	}
	for range 2 {
		spoil()
		testkit.NoError(t, a.build(path))
		if !bytes.Contains(testkit.Must(os.ReadFile(path))(t), []byte("hotswap_")) {
			t.Error("a program without the adapter")
		}
		spoil()
		a = testkit.Must(prepared(cache))(t)
	}
}

// A build that fails in a file of the overlay is the last one with it, and the reason names the file. Other failures
// change nothing.
func TestABuildFailsInTheOverlay(t *testing.T) {
	for file, text := range map[string]string{
		"net/http/server.go":       "package http // unfinished (",
		"net/http/hotswap_conn.go": "package http; var hotswapWrong int = true",
	} {
		path := filepath.Join(t.TempDir(), "program")
		a := testkit.Must(prepared(t.TempDir()))(t)
		a.files[file] = []byte(text + "\n:")
		failed := a.build(path)
		if failed == nil {
			t.Fatal("it compiles")
		}
		var said error
		a.reporter = func(_ State, err error) { said = err }
		for _, other := range []string{
			"./main.go:3:1: undefined: x", "\t/usr/local/go/src/net/http/server.go:2340 +0x1b3",
			"2026/11/28 12:00:00 /usr/local/go/src/net/http/server.go:3215: http: panic serving 127.0.0.1:5000",
			"GOFLAGS=-overlay=" + a.folder + "/overlay.json", "vet: src/net/http/client.go:1:2: x",
		} {
			if a.Fails([]string{other}) || said != nil {
				t.Errorf("%q counts as a failure of the overlay: %v", other, said)
			}
		}
		if !a.Fails(strings.Split(failed.Error(), "; ")) || said == nil ||
			!strings.Contains(said.Error(), filepath.Join(a.folder, file)+": ") {
			t.Errorf("%v is told as %v", failed, said)
		}
		if a.Fails(strings.Split(failed.Error(), "; ")) {
			t.Error("it is told twice")
		}
		testkit.NoError(t, a.build(path))
		if bytes.Contains(testkit.Must(os.ReadFile(path))(t), []byte("hotswap_")) {
			t.Error("a program with the adapter")
		}
	}
	var none *Adapter
	if none.Fails(nil) || (&Adapter{files: map[string][]byte{"x": nil}}).Fails([]string{"src/x:1:1: y"}) {
		t.Error("what has no overlay fails in it")
	}
}

// hotswap downloads nothing by itself, whatever a go.mod asks for; where a command is Go's, Go does what it does for
// that.
func TestNothingIsDownloaded(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "none", http.StatusNotFound)
	}))
	defer proxy.Close()
	t.Setenv("GOCACHE", goEnv(t, "GOCACHE")) // which is elsewhere with another XDG_CACHE_HOME
	env := append(os.Environ(), "GOENV=off", "GOTOOLCHAIN=auto", "GOPROXY="+proxy.URL, "GOFLAGS="+goEnv(t, "GOFLAGS")+
		" -modfile=go.mod")
	for _, c := range []struct {
		file, text, command string
		state               State
		requests            bool
	}{
		{"go.mod", "module x\n\ngo 1.23\n\ntoolchain go1.999.0\n", "node server.js", Ready, false},
		{"go.mod", "module x\n\ngo 1.999\n\nrequire example.com/y latest\n", "node server.js", Ready, false},
		{"go.work", "go 1.999\n", "make", Ready, false},
		{"go.mod", "module x\n\ngo 1.23\n\ntoolchain go1.999.0\n", "go run .", Failed, true},
	} {
		dir := t.TempDir()
		testkit.Write(t, filepath.Join(dir, c.file), c.text)
		asked.Store(0)
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		env := env
		if c.requests { // Go asks for nothing that it could not keep
			env = append(env, "GOMODCACHE="+t.TempDir())
		}
		var state State
		New(t.Context(), dir, env, []string{c.command}, (*exec.Cmd).Run, func(s State, _ error) { state = s })().Await()
		if state != c.state || asked.Load() > 0 != c.requests {
			t.Errorf("%s beside %q: %s, with %d requests", c.command, c.text, state, asked.Load())
		}
	}
}

// Of a Go that is too old the reason says so, and what helps.
func TestOldToolchain(t *testing.T) {
	bin := t.TempDir()
	testkit.Write(t, filepath.Join(bin, "go"), "#!/bin/sh\necho '{\"GOVERSION\": \"go1.23.12\"}'\n")
	testkit.NoError(t, os.Chmod(filepath.Join(bin, "go"), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	want := "go1.23.12 is older than go1.24, the oldest that the adapter knows: install a newer Go"
	if _, err := prepared(t.TempDir()); err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}
