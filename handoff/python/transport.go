package python

import (
	"context"
	"embed"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/unpack"
)

//go:embed site/*.py
var scripts embed.FS

// Variables that a Python process of the program gets, and takes away.
const (
	Variable     = "HOTSWAP_PYTHON"      // the folder for what it tells
	HoldVariable = "HOTSWAP_PYTHON_HOLD" // the folder of a standby
	pathVar      = "PYTHONPATH"
)

// Transport has each generation's Python processes tell what they load.
type Transport struct {
	into []unpack.Place
	tmp  string

	mu   sync.Mutex // guards what follows
	dirs map[handoff.GenID]string
}

var _ handoff.Transport = (*Transport)(nil)

// A generation's folder is PREFIX, the process id of its hotswap, and a number.
const prefix = "hotswap-python-"

// New makes the transport, and removes what a hotswap that was killed left.
func New() *Transport {
	t := &Transport{into: unpack.Places("python"), tmp: os.TempDir(), dirs: map[handoff.GenID]string{}}
	t.sweep()
	return t
}

func (t *Transport) sweep() {
	left, _ := filepath.Glob(filepath.Join(t.tmp, prefix+"*-*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if _, err := os.Stat("/proc/" + pid); os.IsNotExist(err) && handoff.Private(dir) == nil {
			_ = os.RemoveAll(dir)
		}
	}
}

// Name is "python".
func (t *Transport) Name() string { return "python" }

// Prepare adds to the environment. Where something is in the way, the program is
// started without.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	s := &session{of: t, gen: l.Gen}
	l.Env = slices.DeleteFunc(l.Env, func(kv string) bool { // of a hotswap above
		return strings.HasPrefix(kv, Variable+"=") || strings.HasPrefix(kv, HoldVariable+"=")
	})
	if slices.Contains(l.Env, pathVar+"=") { // which is not the same as none, and could not be told from it
		return s, nil
	}
	site, err := t.unpacked()
	if err != nil {
		return s, nil
	}
	if s.dir, err = os.MkdirTemp(t.tmp, prefix+strconv.Itoa(os.Getpid())+"-"); err != nil { // closed to others
		return s, nil
	}
	l.Env = environ(l.Env, site, s.dir)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirs[l.Gen] = s.dir
	return s, nil
}

// unpacked is the folder for PYTHONPATH.
func (t *Transport) unpacked() (string, error) {
	from, err := fs.Sub(scripts, "site")
	if err != nil {
		return "", err
	}
	return unpack.Files(from, "python", t.into)
}

// environ is env with our folder first in PYTHONPATH.
func environ(env []string, site, dir string) []string {
	env = slices.Clone(env)
	at := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, pathVar+"=") })
	if at < 0 {
		env = append(env, pathVar+"="+site)
	} else if given := env[at][len(pathVar)+1:]; given != site && !strings.HasPrefix(given, site+string(filepath.ListSeparator)) { // of a hotswap above
		env[at] = pathVar + "=" + site + string(filepath.ListSeparator) + given
	}
	return append(env, Variable+"="+dir)
}

// dir is where the processes of a generation tell; "": nowhere.
func (t *Transport) dir(gen handoff.GenID) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dirs[gen]
}

type session struct {
	of  *Transport
	gen handoff.GenID
	dir string
}

// Run keeps the folder as long as the generation lives.
func (s *session) Run(ctx context.Context, _ handoff.Running, _ func(handoff.Event)) error {
	<-ctx.Done()
	return s.Close()
}

// Close removes the folder.
func (s *session) Close() error {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.dir == "" || s.of.dirs[s.gen] != s.dir {
		return nil
	}
	delete(s.of.dirs, s.gen)
	return os.RemoveAll(s.dir)
}
