package node

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/unpack"
)

// Transport gives each generation the adapter and a socket for it.
type Transport struct {
	dir      string         // where the sockets' folders are made
	into     []unpack.Place // where the adapter's files may be
	compiled string         // where Node may keep what it has compiled; "": nowhere

	keeping Keeping // constant after Keep, as the next
	waits   waits

	mu       sync.Mutex // guards what follows
	sessions map[handoff.GenID]*Adapters
}

var _ handoff.Transport = (*Transport)(nil)

// A socket is DIR/hotswap-adapters-NUMBER/NAME, NAME that of the files' folder.
const prefix = "hotswap-adapters-"

// maxPath is what fits into a socket's address, unix(7), on every system.
const maxPath = 103

// New makes the transport, and removes what a hotswap that was killed left. An
// error says why the adapter has no place; hotswap does without.
func New() (*Transport, error) {
	t := &Transport{dir: os.TempDir(), into: unpack.Places("node"), compiled: compileFolder(), sessions: map[handoff.GenID]*Adapters{}}
	script, err := unpacked(t.into)
	if err != nil {
		return nil, err
	}
	if len(t.dir)+len("/"+prefix+"0123456789/"+nameOf(script)) > maxPath {
		t.dir = "/tmp"
	}
	t.sweep()
	return t, nil
}

func nameOf(script string) string { return filepath.Base(filepath.Dir(script)) }

// Name is "node".
func (t *Transport) Name() string { return "node" }

// Prepare opens the generation's socket. Where something is in the way, the
// program is started without.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	a := &Adapters{
		gen: l.Gen, of: t, members: map[*member]bool{}, changed: make(chan struct{}),
		pastKnown: map[string]bool{}, moving: make(chan struct{}, maxMoving),
	}
	if forbids(l.Env) {
		return a, nil
	}
	script, err := unpacked(t.into) // anew, for somebody may clean the cache
	if err == nil {
		err = a.listen(t.dir, nameOf(script))
	}
	if err != nil {
		_ = a.Close()
		return a, nil
	}
	l.Env = environ(withCompiled(l.Env, t.compiled), script, a.listener.Addr().String(), policy(t.keeping.Rules))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sessions[l.Gen] = a
	return a, nil
}

// Of are the adapters of a generation's processes; nil: it has no socket.
func (t *Transport) Of(gen handoff.GenID) *Adapters {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sessions[gen]
}

func (t *Transport) forget(a *Adapters) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sessions[a.gen] == a {
		delete(t.sessions, a.gen)
	}
}

// listen opens the socket, to everybody if hotswap is root: its program may have
// become somebody else.
func (a *Adapters) listen(in, name string) error {
	dir, err := os.MkdirTemp(in, prefix) // closed to others
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	a.dir = dir
	path := filepath.Join(dir, name)
	if a.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if os.Geteuid() == 0 {
		err = errors.Join(os.Chmod(path, 0o777), os.Chmod(dir, 0o711))
	}
	return err
}

// sweep removes the sockets that nobody has open any more. Connecting to a file that
// is no socket is refused as well, connect(2), and in /tmp anybody may have made a
// folder, or a link to one, with such a name.
func (t *Transport) sweep() {
	left, _ := filepath.Glob(filepath.Join(t.dir, prefix+"*", "*"))
	for _, path := range left {
		if handoff.Private(filepath.Dir(path)) != nil {
			continue
		}
		if conn, err := net.Dial("unix", path); err == nil {
			_ = conn.Close()
		} else if refused(err) && os.Remove(path) == nil {
			_ = os.Remove(filepath.Dir(path))
		}
	}
}
