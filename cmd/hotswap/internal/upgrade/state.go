package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// protocol is the version of what the parts leave. A change of what a part leaves makes another version. A part that the
// other hotswap does not have makes none: one that is missing has left nothing, and the rest is closed.
const protocol = 8

var errProtocol = errors.New("the two versions of hotswap speak different protocols: stop this hotswap and start the other")

// state is what a parent leaves to its child.
type state[T any] struct {
	Protocol int
	Since    time.Time // files that have changed since then are the child's
	Parts    []left[T] // the descriptors come in the order of the parts
}

// file returns an open file with the state, which has no name.
func (s state[T]) file() (*os.File, error) {
	f, err := os.CreateTemp("", "hotswap-")
	if err != nil {
		return nil, err
	}
	e := json.NewEncoder(f)
	e.SetEscapeHTML(false) // the programs' values stay as large as they are
	if err := errors.Join(os.Remove(f.Name()), e.Encode(s)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// read returns the state in a file that a parent has written.
func read(f *os.File) (s state[json.RawMessage], err error) {
	_, _ = f.Seek(0, io.SeekStart)
	if err = json.NewDecoder(f).Decode(&s); err == nil && s.Protocol != protocol {
		err = errProtocol
	}
	return s, err
}

// inherited is what a parent's parts have left and no part has taken yet, by name.
type inherited map[string]share

type share struct {
	state json.RawMessage
	fds   []int
}

// deal gives each part its descriptors.
func deal(parts []left[json.RawMessage], fds []int) inherited {
	all := inherited{}
	for _, p := range parts {
		n := min(max(p.FDs, 0), len(fds))
		all[p.Name] = share{p.State, fds[:n]}
		fds = fds[n:]
	}
	return all
}

// take decodes what the part of that name has left into state, and returns its descriptors, which are the caller's.
func (all inherited) take(name string, state any) (fds []int, err error) {
	of, ok := all[name]
	if !ok {
		return nil, nil
	}
	delete(all, name)
	if err := json.Unmarshal(of.state, state); err != nil {
		return of.fds, fmt.Errorf("inherit %s: %w", name, err)
	}
	return of.fds, nil
}

// discard closes what no part has taken.
func (all inherited) discard() {
	for _, of := range all {
		closeAll(of.fds)
	}
	clear(all)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd)
	}
}
