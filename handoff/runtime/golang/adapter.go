package golang

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Variable is what Go's commands read their flags from.
const Variable = "GOFLAGS"

// mark shows in what `go version -m` prints of a program, which has no word of an overlay. It is the flags, none, of a
// package that nobody has: a build tag would be lost beside -tags on a command line, and replaces those of GOFLAGS.
const mark = "-asmflags=hotswap="

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
	named    bool // a command of the user's names go
	cache    func(name string) (string, error)
	apart    func(*exec.Cmd) error // runs a command that a terminal's Ctrl-C does not reach
	reporter func(State, error)
	given    atomic.Bool   // commands have got the overlay
	failed   atomic.Bool   // and one has failed in a file of the overlay
	asked    chan struct{} // closed when the toolchain has answered; guards what follows
	flags    string        // GOFLAGS with the overlay; "": there is none
	root     string        // the toolchain's folder, or what stands in for it
	bin      string        // the folder of the go command that takes the overlay; "": that of PATH does
	folder   string        // of the overlay
	// of the overlay, by paths below the toolchain's src; overlay.json. Somebody may empty them
	files map[string][]byte
	needs []string      // other files of caches. The first says that net/http compiles with the overlay
	done  chan struct{} // closed when no more is to come
}

// goWord is go, or a path that leads to one, as a word of a shell's command.
var goWord = lazy.Pattern(`(^|[\s;&|()'"/])go($|[\s;&|()'"])`)

// names reports whether a command names go.
func names(commands []string) bool { return slices.ContainsFunc(commands, goWord().MatchString) }

// modules returns what names the toolchain: the texts of the folder's go.mod and go.work, and of those above; "": the
// folder is in no module.
func modules(dir string) (all string) {
	for at := range regular.Above(dir) {
		for _, name := range []string{"go.mod", "go.work"} {
			text, _ := regular.Text(filepath.Join(at, name))
			all += string(text)
		}
	}
	return all
}

// New returns a function that returns the adapter for commands that run in the folder with that environment, and asks
// the toolchain in the background until ctx ends. It asks anew when a go.mod or go.work has changed. Nil: the folder is
// in no module, and no command names go. Any goroutine may call the function, which waits until the toolchain that was
// asked before has ended. The reporter is called by another goroutine, and by Fails.
func New(ctx context.Context, dir string, env, commands []string, apart func(*exec.Cmd) error,
	reporter func(State, error)) func() *Adapter {
	var (
		mu   sync.Mutex // guards what follows
		last *Adapter
		of   string
		end  = func() {}
	)
	return func() *Adapter {
		mu.Lock()
		defer mu.Unlock()
		now, named := modules(dir), names(commands)
		if now == "" && !named || now == of && last != nil {
			return last
		}
		end()
		last.Await()
		last = &Adapter{
			dir: dir, env: env, named: named, cache: assets.Cache, apart: apart, reporter: reporter,
			asked: make(chan struct{}), done: make(chan struct{}),
		}
		of = now
		ctx, cancel := context.WithCancel(ctx)
		end = cancel
		go func(a *Adapter) {
			defer close(a.done)
			a.prepare(ctx)
		}(last)
		return last
	}
}

// Release returns env with the overlay, for a command that builds the module of the current folder to be run elsewhere.
// Go may download the toolchain that the module asks for.
func Release(ctx context.Context, env []string) ([]string, error) {
	dir, _ := os.Getwd() // a folder that has been removed is in no module
	if modules(dir) == "" {
		return nil, errors.New("no go.mod is here or above: go to the module that is to be built")
	}
	a := &Adapter{dir: dir, env: env, named: true, cache: assets.Cache}
	if err := a.overlay(ctx); err != nil {
		return nil, fmt.Errorf("no adapter of hotswap's for Go programs here: %w", err)
	}
	return a.with(env), nil
}

// Environ returns env with the overlay, if that is ready, and writes files of the overlay anew that somebody has
// changed. It waits for a go command, which each build asks as well, but not until a toolchain has been downloaded.
// Where env has other flags, or another system as its target, or net/http is not compiled, it is left alone, and always
// if a is nil.
func (a *Adapter) Environ(env []string) []string {
	if a == nil {
		return env
	}
	select {
	case <-a.asked:
	case <-time.After(wait.Reply):
		return env
	}
	if a.flags == "" || a.failed.Load() || slices.ContainsFunc(a.needs, gone) || a.write() != nil {
		return env
	}
	for _, name := range []string{Variable, "GOOS", "GOROOT", "GOTOOLCHAIN"} {
		if handoff.Value(env, name) != handoff.Value(a.env, name) {
			return env
		}
	}
	a.given.Store(true)
	return a.with(env)
}

// with returns env with the overlay.
func (a *Adapter) with(env []string) []string {
	out := append(handoff.Without(env, Variable), Variable+"="+a.flags)
	if a.bin != "" {
		out = handoff.Without(out, "GOROOT") // of a user's: the stand-in's go finds its own
		out = append(handoff.Without(out, "PATH"), "PATH="+a.bin+string(filepath.ListSeparator)+
			handoff.Value(env, "PATH"))
	}
	return out
}

// Await waits until builds have the adapter, or will not.
func (a *Adapter) Await() {
	if a != nil {
		<-a.done
	}
}

// Fails reports whether a command has failed in a file of the overlay, by its last lines. Then the commands that follow
// get no overlay. It never blocks, and does nothing if a is nil.
func (a *Adapter) Fails(last []string) bool {
	if a == nil || !a.given.Load() || a.failed.Load() {
		return false
	}
	for _, line := range last {
		for name := range a.files {
			// As if the toolchain had the file, with line and column (a stack and a log have no column), or by its own
			// name.
			in := regexp.MustCompile(`src/` + regexp.QuoteMeta(name) + `:\d+:\d+: `)
			if in.MatchString(line) || strings.Contains(line, filepath.Base(a.folder)+"/"+name+":") {
				a.failed.Store(true)
				a.reporter(Failed,
					fmt.Errorf(
						"a build has failed in %s: %q; if a build fails so again after a restart, use --no-adapter",
						filepath.Join(a.folder, name), plain.Short(strings.TrimSpace(line), 200)))
				return true
			}
		}
	}
	return false
}

func gone(file string) bool {
	_, err := os.Stat(file)
	return err != nil
}

// prepare makes the overlay, and compiles net/http with it unless that is known to succeed.
func (a *Adapter) prepare(ctx context.Context) {
	err := a.overlay(ctx)
	close(a.asked)
	if err == nil && gone(a.needs[0]) {
		a.reporter(Compiles, nil)
		err = a.compile(ctx)
	}
	switch {
	case err == nil:
		a.reporter(Ready, nil)
	// without a go command nothing can be built
	case ctx.Err() == nil && (a.flags != "" || !errors.Is(err, exec.ErrNotFound)):
		a.reporter(Failed, err)
	}
}

// compile compiles net/http with the overlay, and remembers that it does. Without modules Go reads no go.mod, which may
// ask for what is elsewhere.
func (a *Adapter) compile(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "nice", "-n", "19", filepath.Join(a.root, "bin", "go"), "build", "net/http")
	// -modfile wants it
	cmd.Dir, cmd.Env = a.dir, append(a.with(a.env), local, "GO111MODULE=off", Variable+"="+a.flags+" -mod=mod")
	if err := run(a.apart, cmd); err != nil { // without the terminal's Ctrl-C, which ends hotswap
		return err
	}
	return regular.Replace(a.needs[0], nil, 0o600)
}

// run runs a command. Its error has what the command prints, on one line.
func run(by func(*exec.Cmd) error, cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, wait.Reply // of a script's child, which outlives the script
	err := by(cmd)
	if line := strings.TrimSpace(said.String()); err != nil && line != "" {
		return fmt.Errorf("%s: %w", strings.ReplaceAll(line, "\n", "; "), err)
	}
	return err
}

// local keeps Go from downloading the toolchain that a go.mod or go.work names.
const local = "GOTOOLCHAIN=local"

// overlay writes the overlay, and sets what is guarded by asked.
func (a *Adapter) overlay(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOVERSION", "GOOS", "GOARCH", "GOFLAGS",
		"GOMODCACHE")
	var out bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout = a.dir, a.env, &out
	if !a.named { // otherwise Go does now what it would do for the user's command
		cmd.Env = append(slices.Clip(a.env), local)
	}
	if err := run((*exec.Cmd).Run, cmd); err != nil {
		return err
	}
	var t struct{ GOROOT, GOVERSION, GOOS, GOARCH, GOFLAGS, GOMODCACHE string }
	if err := json.Unmarshal(out.Bytes(), &t); err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	switch {
	case strings.Contains(t.GOFLAGS, "-overlay="):
		return errors.New("GOFLAGS has an overlay, and Go reads only one")
	case version.IsValid(t.GOVERSION) && version.Compare(t.GOVERSION, oldest) < 0:
		return fmt.Errorf("%s is older than %s, the oldest that the adapter knows: install a newer Go", t.GOVERSION,
			oldest)
	case t.GOOS != "linux" && t.GOOS != "darwin":
		return fmt.Errorf("GOOS is %s", t.GOOS)
	}
	files, err := sources(filepath.Join(t.GOROOT, "src"))
	if err != nil {
		return fmt.Errorf("%s: %w", t.GOVERSION, err)
	}
	base, err := a.cache("go")
	if err != nil {
		return err
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%q %q", []string{t.GOROOT, t.GOVERSION, t.GOOS, t.GOARCH}, files))
	a.folder = filepath.Join(base, hex.EncodeToString(hash[:8]))
	flag := "-overlay=" + filepath.Join(a.folder, "overlay.json")
	if strings.Contains(flag, " ") {
		flag = `"` + flag + `"` // which older versions of Go do not take
	}
	a.root, a.needs = t.GOROOT, []string{filepath.Join(a.folder, "compiled")}
	if t.GOMODCACHE != "" && strings.HasPrefix(t.GOROOT, t.GOMODCACHE+string(filepath.Separator)) {
		a.root = filepath.Join(a.folder, "goroot")
		a.bin = filepath.Join(a.root, "bin")
		a.needs = append(a.needs, filepath.Join(a.root, "pkg", "tool"))
		if err := stand(t.GOROOT, a.root); err != nil {
			return err
		}
	}
	replace := map[string]string{}
	for name := range files {
		replace[filepath.Join(a.root, "src", name)] = filepath.Join(a.folder, name)
	}
	files["overlay.json"], _ = json.MarshalIndent(map[string]any{"Replace": replace}, "", "\t")
	a.files = files
	err = a.write()
	if err == nil {
		a.flags = strings.TrimSpace(t.GOFLAGS + " " + mark + " " + flag)
	}
	return err
}

// write writes those files of the overlay that are not there as they must be.
func (a *Adapter) write() error {
	sizes := map[string]int{}
	for name, text := range a.files {
		sizes[name] = len(text)
	}
	text := func(name string) ([]byte, error) { return a.files[name], nil }
	return assets.Folder{Path: filepath.Dir(a.folder), Mode: 0o700}.Fill(a.folder, sizes, text)
}

// stand makes a folder that stands in for a toolchain which Go has downloaded: of files below GOMODCACHE it allows no
// overlay. Its parts are links to those of the toolchain, but for the go command, which takes the folder of its own
// file for GOROOT.
func stand(goroot, root string) error {
	if err := os.MkdirAll(filepath.Join(root, "bin"), 0o700); err != nil {
		return err
	}
	parts, err := os.ReadDir(goroot)
	for _, part := range parts {
		e := os.Symlink(filepath.Join(goroot, part.Name()), filepath.Join(root, part.Name()))
		if !errors.Is(e, fs.ErrExist) {
			err = errors.Join(err, e)
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
	if is, e := os.Stat(to); err != nil || e == nil && is.Size() == int64(len(command)) {
		return err
	}
	return regular.Replace(to, command, 0o700)
}
