package watch

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// source raises hints about folders, each watched by itself. Only the loop uses it.
type source interface {
	Add(dir string) error // watch what happens in dir, not below. A second call is no error
	Remove(dir string)    // at worst events of dir are still raised
	Events() <-chan fsnotify.Event
	Errors() <-chan error // fsnotify.ErrEventOverflow: hints were lost
	Close() error         // ends all goroutines of the source
}

type kernel struct {
	w    *fsnotify.Watcher
	errs chan error // closed when the pump has ended
}

// maxErrors bounds the errors that wait for the loop.
const maxErrors = 16

// openKernel opens the system's source. Its error is a *LimitError when the
// system would give one if a limit were higher.
func openKernel() (source, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		// inotify_init(2): EMFILE is the limit on instances per user or on descriptors per process; the error does not
		// say which.
		limit := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
		err = fmt.Errorf("start watching: %w", err)
		if limit {
			err = &LimitError{instanceLimit, err}
		}
		return nil, err
	}
	k := kernel{w, make(chan error, maxErrors)}
	go k.pump()
	return k, nil
}

// pump takes errors from fsnotify without making it wait. fsnotify may hold its lock
// while it sends one (a folder renamed and then deleted: inotify_rm_watch fails in
// backend_inotify.go, handleEvent) when the loop, in Add, waits for that lock. So an
// error that finds the queue full is dropped. The last place is for an overflow.
func (k kernel) pump() {
	defer close(k.errs)
	for err := range k.w.Errors {
		switch {
		case errors.Is(err, fsnotify.ErrEventOverflow):
		case isGone(err), len(k.errs) >= maxErrors-1:
			continue
		}
		select {
		case k.errs <- err:
		default:
		}
	}
}

func (k kernel) Add(dir string) error {
	err := k.w.Add(dir)
	if err == nil {
		return nil
	}
	refused := fmt.Errorf("watch %s: %w", dir, err)
	if isWatchLimit(err) {
		return &LimitError{watchLimit, refused}
	}
	return refused
}

// Remove survives the panic of fsnotify 1.10.1 about a folder that has got the name of another one, both of which were
// watched: the older watch is no more then, but its name is still listed (updatePath, removePath). The panic comes
// after that was mended.
func (k kernel) Remove(dir string) {
	defer func() { _ = recover() }()
	_ = k.w.Remove(dir)
}

func (k kernel) Events() <-chan fsnotify.Event { return k.w.Events }
func (k kernel) Errors() <-chan error          { return k.errs }

func (k kernel) Close() error {
	err := k.w.Close()
	for range k.errs { // until the pump has ended
	}
	return err
}
