package golang

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Variable is what Go's commands read their flags from.
const Variable = "GOFLAGS"

// State is how far the adapter is.
type State string

const (
	Compiles State = "compiles" // net/http is compiled once
	Ready    State = "ready"    // what is built from now on has the adapter
	Failed   State = "failed"
)

// Adapter has the compiler put the adapter into what is built. Any goroutine may call its methods.
type Adapter struct {
	dir      string // in which commands run
	env      []string
	cache    func(name string) (string, error)
	reporter func(State, error)
	asked    chan struct{} // closed when the toolchain has answered; guards what follows
	flags    string        // GOFLAGS with the overlay; "": there is none
	bin      string        // the folder of the go command that takes it; "": that of PATH does
	needs    []string      // files of caches, which somebody may empty. The first says that net/http compiles with it
	done     chan struct{} // closed when no more is to come
}

// Concerns reports whether a project has Go: a folder above has a module, or a command names go.
func Concerns(dir string, commands ...string) bool {
	for in := range regular.Above(dir) {
		for _, name := range []string{"go.mod", "go.work"} {
			if _, err := os.Stat(filepath.Join(in, name)); err == nil {
				return true
			}
		}
	}
	return slices.ContainsFunc(commands, func(command string) bool {
		return slices.ContainsFunc(strings.FieldsFunc(command, func(r rune) bool { return strings.ContainsRune(" \t\n;&|()'\"", r) }), func(word string) bool { return filepath.Base(word) == "go" })
	})
}

// New returns the adapter for what runs in the folder with that environment, and asks the toolchain in the background until ctx ends. The reporter
// is called by another goroutine.
func New(ctx context.Context, dir string, env []string, reporter func(State, error)) *Adapter {
	a := &Adapter{dir: dir, env: env, cache: assets.Cache, reporter: reporter, asked: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.prepare(ctx)
	}()
	return a
}

// Environ returns env with the overlay, if that is ready. It waits for a go command, which each build asks as well, but not
// until a toolchain has been downloaded. Where env has other flags, or another system as its target, or the overlay is gone, it is left
// alone, and always if a is nil.
func (a *Adapter) Environ(env []string) []string {
	if a == nil {
		return env
	}
	select {
	case <-a.asked:
	case <-time.After(wait.Reply):
		return env
	}
	gone := func(file string) bool { _, err := os.Stat(file); return err != nil }
	if a.flags == "" || slices.ContainsFunc(a.needs, gone) {
		return env
	}
	for _, name := range []string{Variable, "GOOS", "GOROOT", "GOTOOLCHAIN"} {
		if handoff.Value(env, name) != handoff.Value(a.env, name) {
			return env
		}
	}
	return a.with(env)
}

// with returns env with the overlay.
func (a *Adapter) with(env []string) []string {
	out := append(handoff.Without(env, Variable), Variable+"="+a.flags)
	if a.bin != "" {
		out = handoff.Without(out, "GOROOT") // of a user's: the stand-in's go finds its own
		out = append(handoff.Without(out, "PATH"), "PATH="+a.bin+string(filepath.ListSeparator)+handoff.Value(env, "PATH"))
	}
	return out
}

// Await waits until builds have the adapter, or will not.
func (a *Adapter) Await() {
	if a != nil {
		<-a.done
	}
}

// prepare makes the overlay, and compiles net/http with it unless that is known to succeed.
func (a *Adapter) prepare(ctx context.Context) {
	flags, _, err := a.overlay(ctx)
	a.flags = flags
	close(a.asked)
	if err != nil {
		if !errors.Is(err, exec.ErrNotFound) { // then nothing can be built
			a.reporter(Failed, err)
		}
		return
	}
	if _, err = os.Stat(a.needs[0]); err != nil {
		a.reporter(Compiles, nil)
		cmd := exec.CommandContext(ctx, "nice", "-n", "19", "go", "build", "net/http")
		cmd.Dir, cmd.Env = a.dir, a.with(a.env)
		if err = run(cmd); err == nil {
			err = regular.Replace(a.needs[0], nil, 0o600)
		}
		if err != nil {
			if ctx.Err() == nil {
				a.reporter(Failed, err)
			}
			return
		}
	}
	a.reporter(Ready, nil)
}

// run runs a command. Its error has the first line of what the command prints.
func run(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if line := strings.TrimSpace(said.String()); err != nil && line != "" {
		return fmt.Errorf("%s: %w", strings.ReplaceAll(line, "\n", "; "), err)
	}
	return err
}

// toolchain is what go env tells.
type toolchain struct {
	GOROOT, GOVERSION, GOOS, GOHOSTOS, GOARCH, GOFLAGS, GOMODCACHE string
}

// overlay writes the overlay, and returns GOFLAGS with it and the folder in which it is.
func (a *Adapter) overlay(ctx context.Context) (flags, dir string, err error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOVERSION", "GOOS", "GOHOSTOS", "GOARCH", "GOFLAGS", "GOMODCACHE")
	var out bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout = a.dir, a.env, &out
	if err := run(cmd); err != nil {
		return "", "", err
	}
	var t toolchain
	if err := json.Unmarshal(out.Bytes(), &t); err != nil {
		return "", "", fmt.Errorf("go env: %w", err)
	}
	switch {
	case t.GOOS != t.GOHOSTOS:
		return "", "", fmt.Errorf("GOOS is %s", t.GOOS)
	case strings.Contains(t.GOFLAGS, "-overlay="):
		return "", "", errors.New("GOFLAGS has an overlay, and Go reads only one")
	}
	c, err := sources(filepath.Join(t.GOROOT, "src"))
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", t.GOVERSION, err)
	}
	base, err := a.cache("go")
	if err != nil {
		return "", "", err
	}
	dir = filepath.Join(base, c.name(t))
	flag := "-overlay=" + filepath.Join(dir, "overlay.json")
	if strings.Contains(flag, " ") {
		flag = `"` + flag + `"` // which older versions of Go do not take
	}
	a.needs = []string{filepath.Join(dir, "compiled"), filepath.Join(dir, "overlay.json")}
	root := t.GOROOT
	if t.GOMODCACHE != "" && strings.HasPrefix(root, t.GOMODCACHE+string(filepath.Separator)) {
		root = filepath.Join(dir, "goroot")
		a.bin = filepath.Join(root, "bin")
		a.needs = append(a.needs, filepath.Join(root, "pkg", "tool"))
	}
	return strings.TrimSpace(t.GOFLAGS + " " + flag), dir, c.write(dir, t.GOROOT, root)
}

// contents is what the overlay has, by paths below the toolchain's folder src.
type contents map[string][]byte

// name returns a name with a hash of the files and the toolchain.
func (c contents) name(t toolchain) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q", []string{t.GOROOT, t.GOVERSION, t.GOOS, t.GOARCH}, c)
	return hex.EncodeToString(hash.Sum(nil))[:16]
}

// write writes the files, unless they are there. The folder's name has a hash of them. The compiler is told of those of the toolchain by
// their names below root, which is goroot or a stand-in for that.
func (c contents) write(dir, goroot, root string) error {
	if _, err := os.Stat(filepath.Join(dir, "overlay.json")); err == nil {
		return nil
	}
	if root != goroot {
		if err := stand(goroot, root); err != nil {
			return err
		}
	}
	replace := map[string]string{}
	for name, text := range c {
		file := filepath.Join(dir, name)
		replace[filepath.Join(root, "src", name)] = file
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := regular.Replace(file, text, 0o600); err != nil {
			return err
		}
	}
	text, _ := json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	return regular.Replace(filepath.Join(dir, "overlay.json"), text, 0o600)
}

// stand makes a folder that stands in for a toolchain which Go has downloaded: of files below GOMODCACHE it allows no overlay. Its
// parts are links to those of the toolchain, but for the go command, which takes the folder of its own file for GOROOT.
func stand(goroot, root string) error {
	if err := os.MkdirAll(filepath.Join(root, "bin"), 0o700); err != nil {
		return err
	}
	parts, err := os.ReadDir(goroot)
	for _, part := range parts {
		if err := os.Symlink(filepath.Join(goroot, part.Name()), filepath.Join(root, part.Name())); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err != nil {
		return err
	}
	from, to := filepath.Join(goroot, "bin", "go"), filepath.Join(root, "bin", "go")
	if os.Link(from, to) == nil { // a copy takes room for each version of hotswap
		return nil
	}
	command, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return regular.Replace(to, command, 0o700)
}
