package events

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

// closeWithin is how long the end of hotswap waits for a reader of the file.
const closeWithin = time.Second

// File is where --events writes. The zero value is nowhere.
type File struct {
	*os.File
	FD    int // of an inherited descriptor, which has no name by which it could be opened again; 0: it is none
	ended chan struct{}
}

// Open opens what --events names. Opening never waits, and hotswap is itself a reader of a FIFO, so that the FIFO may
// have none. Errors have an exit code.
func Open(to options.Events) (*File, error) {
	switch {
	case to.FD > 0:
		fd, err := inherited(to.FD)
		if err != nil {
			return nil, exit.Usagef("--events fd:%d: %w", to.FD, err)
		}
		return Adopt(fd), nil
	case to.Path == "":
		return &File{}, nil
	}
	mode := os.O_WRONLY
	if info, err := os.Stat(to.Path); err == nil && info.Mode().Type() == fs.ModeNamedPipe {
		mode = os.O_RDWR
	}
	f, err := os.OpenFile(to.Path, mode|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, exit.Unavailable(fmt.Errorf("--events %s: %w", to.Path, err))
	}
	return &File{File: f}, nil
}

// Adopt returns the file of an inherited descriptor.
func Adopt(fd int) *File { return &File{File: os.NewFile(uintptr(fd), "events"), FD: fd} }

// Follow writes each event to the file, in a goroutine of its own, until the stream ends. A reader that does not read
// misses events. failed is called when nothing more can be written.
func (f *File) Follow(s *Stream, failed func(error)) {
	if f.File == nil {
		return
	}
	f.ended = make(chan struct{})
	go func() {
		defer close(f.ended)
		last := ""
		for events := s.Next(context.Background(), last); len(events) > 0; events = s.Next(context.Background(), last) {
			for _, e := range events {
				if _, err := f.Write(append(e.Line[:len(e.Line):len(e.Line)], '\n')); err != nil {
					failed(err)
					return
				}
				last = e.ID
			}
		}
	}()
}

// Wait waits a moment until what the stream had at its end is written.
func (f *File) Wait() {
	if f == nil || f.ended == nil {
		return
	}
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case <-f.ended:
	case <-timer.C:
	}
}
