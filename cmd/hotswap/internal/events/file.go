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
)

// closeWithin is how long the end of hotswap waits for a reader of the file.
const closeWithin = time.Second

// File is where --events writes. The zero value is nowhere.
type File struct {
	*os.File
	ended chan struct{} // closed when nothing more is written; nil: nothing was
}

// Open opens what --events names. Opening never waits, and hotswap is itself a reader of a FIFO, so that the FIFO may
// have none. Errors have an exit code.
func Open(to string) (*File, error) {
	if to == "" {
		return &File{}, nil
	}
	mode := os.O_WRONLY
	if info, err := os.Stat(to); err == nil && info.Mode().Type() == fs.ModeNamedPipe {
		mode = os.O_RDWR
	}
	f, err := os.OpenFile(to, mode|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("--events %s: %w", to, errors.Unwrap(err)))
	}
	return &File{File: f}, nil
}

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
				if _, err := fmt.Fprintf(f, "%s\n", e.Line); err != nil {
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
	if f.ended == nil {
		return
	}
	select {
	case <-f.ended:
	case <-time.After(closeWithin):
	}
}
