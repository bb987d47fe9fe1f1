package console

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// soon and late limit the wait of Flush and Close for a reader that does not read.
	soon = 50 * time.Millisecond
	late = 4 * soon
	// busy limits their wait on a busy machine.
	busy = time.Second
	// most limits reading after the end, because another process may still write. It is more than any pipe holds.
	most  = 2 << 20
	chunk = 64 << 10
	// maxLate limits the relays of ended programs that wait for one reader. Each has a goroutine, a descriptor
	// and a chunk.
	maxLate = 8
)

// relay copies from one pty or pipe to a sink, in a goroutine.
type relay struct {
	from   *os.File // closed by run
	to     *sink
	tail   *tail  // or nil
	lines  lines  // used by run alone
	found  func() // called when a line means readiness
	done   chan struct{}
	giveUp chan struct{} // closed when the rest of the output is lost

	mu      sync.Mutex    // guards the following fields and from's deadline
	asked   chan struct{} // closed when what is there is copied; nil: nobody waits for that
	closing bool
}

// drop ends a relay that has not run. Its data goes to tail alone.
func (r *relay) drop() {
	defer r.from.Close()
	if r.tail == nil {
		return
	}
	r.readNow(make([]byte, chunk), func(b []byte) bool { r.tail.write(b); return true })
}

func (r *relay) run() {
	defer close(r.done)
	defer r.from.Close()
	defer r.lines.end()
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

// rest copies what is there without waiting, and answers who asked. It reports whether the relay is to end.
func (r *relay) rest(buf []byte) (ended bool) {
	r.mu.Lock()
	asked, closing := r.asked, r.closing
	r.asked = nil
	_ = r.from.SetReadDeadline(time.Time{})
	r.mu.Unlock()
	goes := r.readNow(buf, r.pass)
	if asked != nil {
		close(asked)
	}
	return closing || !goes
}

// readNow reads what is there without waiting, until use reports false, which readNow then reports.
func (r *relay) readNow(buf []byte, use func([]byte) bool) bool {
	for total := 0; total < most; {
		n := 0
		control(r.from, func(fd int) { n, _ = unix.Read(fd, buf) })
		if n <= 0 {
			break
		}
		if !use(buf[:n]) {
			return false
		}
		total += n
	}
	return true
}

func (r *relay) pass(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if r.tail != nil {
		r.tail.write(b)
	}
	ready := r.lines.write(b)
	if r.to.pass(b, r.giveUp) != nil {
		return false
	}
	if ready {
		r.found()
	}
	return true
}

// outlive lets a relay whose program has ended wait on for the reader. It reports false, and the rest of the
// output is lost, if too many relays wait.
func (r *relay) outlive() bool {
	if r.to.late.Add(1) > maxLate {
		r.to.late.Add(-1)
		close(r.giveUp)
		return false
	}
	go func() {
		<-r.done
		r.to.late.Add(-1)
	}()
	return true
}

// ask wakes run to copy what is there. The channel is closed when that is done, or with closing when run has ended.
func (r *relay) ask(closing bool) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.from.SetReadDeadline(time.Unix(1, 0))
	r.closing = r.closing || closing
	if closing {
		return r.done
	}
	r.asked = make(chan struct{}) // who asked before has given up: one asks at a time
	return r.asked
}

// ask asks several relays and waits for their answers.
func ask(relays []*relay, closing bool) {
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
		for waits := true; waits; {
			select {
			case <-answers[i]:
				waits = false
			case <-r.done:
				waits = false
			case <-look.C:
				if r.to.stuck(patience) || time.Since(began) >= busy {
					return // it continues when its reader does
				}
			}
		}
	}
}
