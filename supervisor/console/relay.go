package console

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// soon and late are how long the news of a program's end, and the end of its
	// streams, wait for a reader of ours that does not read.
	soon = 50 * time.Millisecond
	late = 200 * time.Millisecond
	// busy is how long they wait for us, on a machine that has no time for us.
	busy = time.Second
	// most is read after the end: more than any pipe holds, for somebody else
	// may still write.
	most  = 2 << 20
	chunk = 64 << 10
	// maxLate is how many relays of ended programs wait for one reader that does not
	// read. Each has a goroutine, a descriptor and a chunk.
	maxLate = 8
)

// relay passes on what comes from one pty or pipe: run does, in a goroutine of
// its own.
type relay struct {
	from *os.File // closed by run
	to   *sink
	tail *tail    // nil if it is not to be remembered
	find *matcher // nil if nothing is looked for; run's
	done chan struct{}
	gone chan struct{} // closed when nothing more is to be passed on

	mu      sync.Mutex // guards what follows, and from's deadline
	asked   []chan struct{}
	closing bool
	ended   bool // run has returned, or is about to
	late    bool // counted in to.late
	lost    bool // gone is closed
}

func newRelay(from *os.File, to *sink, tail *tail, find *matcher) *relay {
	return &relay{from: from, to: to, tail: tail, find: find, done: make(chan struct{}), gone: make(chan struct{})}
}

// drop ends a relay that has not run: what came is remembered, and goes nowhere.
func (r *relay) drop() {
	defer r.from.Close()
	if r.tail == nil {
		return
	}
	buf := make([]byte, chunk)
	for total := 0; total < most; {
		n := r.readNow(buf)
		if n <= 0 {
			return
		}
		r.tail.write(buf[:n])
		total += n
	}
}

func (r *relay) run() {
	defer close(r.done)
	defer r.from.Close()
	defer r.end()
	buf := make([]byte, chunk)
	for {
		n, err := r.from.Read(buf)
		if !r.pass(buf[:n]) {
			return
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			if r.rest(buf) {
				return
			}
		} else if err != nil {
			return // end of file; of a pty EIO
		}
	}
}

// rest reads what is there without waiting for more, and tells those who asked
// for it. It reports whether that was all.
func (r *relay) rest(buf []byte) (ended bool) {
	r.mu.Lock()
	asked, closing := r.asked, r.closing
	r.asked = nil
	_ = r.from.SetReadDeadline(time.Time{})
	r.mu.Unlock()
	for total := 0; total < most; {
		n := r.readNow(buf)
		if n <= 0 {
			break
		}
		if !r.pass(buf[:n]) {
			closing = true
			break
		}
		total += n
	}
	for _, c := range asked {
		close(c)
	}
	return closing
}

// readNow is one read(2) that does not wait.
func (r *relay) readNow(buf []byte) int {
	n := 0
	raw, err := r.from.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		for {
			if n, err = unix.Read(int(fd), buf); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
	return n
}

func (r *relay) pass(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if r.tail != nil {
		r.tail.write(b)
	}
	if r.to.pass(b, r.gone) != nil {
		return false
	}
	if r.find != nil && r.find.feed(b) {
		r.find = nil
	}
	return true
}

func (r *relay) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended = true; r.late {
		r.to.late.Add(-1)
	}
}

// outlive lets the relay of a program that has ended wait for the reader for as long as
// that takes. It reports whether it may: where maxLate others wait, what is left is lost.
func (r *relay) outlive() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended, r.late:
		return true
	case r.lost:
		return false
	case r.to.late.Add(1) <= maxLate:
		r.late = true
		return true
	}
	r.to.late.Add(-1)
	r.lost = true
	close(r.gone)
	return false
}

// ask wakes run to read what is there; the answer comes when it is passed on.
func (r *relay) ask(closing bool) <-chan struct{} {
	c := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, c)
	r.closing = r.closing || closing
	_ = r.from.SetReadDeadline(time.Unix(1, 0))
	return c
}

// settle asks several relays and waits for them.
func settle(relays []*relay, closing bool) {
	var answers []<-chan struct{}
	for _, r := range relays {
		answers = append(answers, r.ask(closing))
	}
	patience := soon
	if closing {
		patience = late
	}
	began := time.Now()
	look := time.NewTicker(patience)
	defer look.Stop()
	for i, r := range relays {
		answer := answers[i]
		if closing {
			answer = r.done
		}
		for waits := true; waits; {
			select {
			case <-answer:
				waits = false
			case <-r.done:
				waits = false
			case <-look.C:
				if r.to.stuck(patience) || time.Since(began) >= busy {
					return // it goes on by itself when its reader does
				}
			}
		}
	}
}
