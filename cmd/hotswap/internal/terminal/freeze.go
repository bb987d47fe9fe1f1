package terminal

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// childDelay is how long a child waits after the end of its parent before it reads keys. A shell or npm that waited for
// the parent may take the terminal back, and must find the terminal's modes unchanged.
const childDelay = time.Second

// Name is "terminal".
func (t *Terminal) Name() string { return "terminal" }

// Freeze returns the modes that hotswap has found, as a *tty.Modes.
func (t *Terminal) Freeze() (modes any, fds []int, err error) { return t.Found(), nil, nil }

// Thaw does nothing: the terminal has stayed as it was.
func (t *Terminal) Thaw() error { return nil }

// Release gives the terminal back. The child takes it when this process has ended.
func (t *Terminal) Release() { t.Restore() }

// Inherit takes over the modes that the parent of this hotswap found; the modes that this
// hotswap has found are those that its parent has set.
func (t *Terminal) Inherit(from func(part string, state any) ([]int, error)) error {
	var m *tty.Modes
	_, err := from(t.Name(), &m)
	if t.is && m != nil {
		t.found = m
	}
	return err
}

// Succeed takes the keys, a moment after the end of the parent.
func (t *Terminal) Succeed(ctx context.Context) {
	if wait.For(ctx, childDelay) == nil {
		t.TakeKeys()
	}
}

// Upgradable returns why no child can take this hotswap's place, or nil. When a process ends that leads the session of
// the terminal, the kernel hangs the terminal up (setsid(2)).
func (t *Terminal) Upgradable() error {
	if session, err := unix.Getsid(0); t.is && err == nil && session == os.Getpid() {
		return errors.New("the terminal would be hung up with the process that leads its session")
	}
	return nil
}
