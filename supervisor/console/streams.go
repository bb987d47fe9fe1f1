package console

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Streams are the streams of one generation. Only one goroutine at a time may call its
// methods, except Last, Ending and Keyboard.
type Streams struct {
	c        *Console
	plan     plan
	kept     bool // output is kept back
	stdio    [3]int
	theirs   []*os.File // the program's ends, until Started
	ptys     []*os.File // masters; closed by their relays
	relays   []*relay
	tail     *tail     // nil if standard error is not relayed
	keyboard *Keyboard // nil without
	ending   atomic.Bool
}

// Open returns streams for one generation. found is called at most once, when a line
// matches Config.Ready.
func (c *Console) Open(found func()) (*Streams, error) {
	return c.open(&Streams{plan: c.plan}, found)
}

// OpenKept is Open for a standby: output is kept back, in the pty or pipe, until Go.
func (c *Console) OpenKept(found func()) (*Streams, error) {
	if c.keptErr != nil {
		return nil, c.keptErr
	}
	return c.open(&Streams{plan: c.kept, kept: true}, found)
}

func (c *Console) open(s *Streams, found func()) (*Streams, error) {
	s.c, s.stdio = c, [3]int{c.cfg.Input, c.cfg.Out, c.cfg.Err}
	once := sync.OnceFunc(found)
	terminal, err := s.relayError(once)
	if err == nil && !s.plan.joint {
		err = s.relayOutput(once)
	}
	if err == nil && c.cfg.Keyboard {
		err = s.takeKeyboard(terminal)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	c.mu.Lock()
	c.live[s] = true
	c.mu.Unlock()
	return s, nil
}

// relayError sets standard error, and output if both are one. It returns the pty or nil.
func (s *Streams) relayError(found func()) (terminal *os.File, err error) {
	w := s.plan.err
	if w == direct {
		return nil, nil
	}
	ours, theirs, err := s.make(w)
	if err != nil {
		return nil, s.spare(err)
	}
	s.tail = &tail{}
	s.stdio[2] = int(theirs.Fd())
	if s.plan.joint {
		s.stdio[1] = s.stdio[2]
	}
	s.relay(ours, s.c.err, s.tail, s.c.matcher(found))
	if w == ptyed {
		terminal = ours
	}
	return terminal, nil
}

// relayOutput sets a separate standard output.
func (s *Streams) relayOutput(found func()) error {
	if s.plan.out == direct {
		return nil
	}
	ours, theirs, err := s.make(s.plan.out)
	if err != nil {
		return s.spare(err)
	}
	s.stdio[1] = int(theirs.Fd())
	s.relay(ours, s.c.out, nil, s.c.matcher(found))
	return nil
}

// relay begins a relay, or prepares it for Go.
func (s *Streams) relay(from *os.File, to *sink, tail *tail, find *matcher) {
	r := newRelay(from, to, tail, find)
	r.ending = &s.ending
	s.relays = append(s.relays, r)
	if !s.kept {
		go r.run()
	}
}

// Go releases the output that was kept back.
func (s *Streams) Go() {
	if !s.kept {
		return
	}
	s.kept = false
	for _, r := range s.relays {
		go r.run()
	}
}

// spare allows a start with our own stream if no pty or pipe is available, for example
// without /dev/pts, unless the output must be read.
func (s *Streams) spare(err error) error {
	if s.c.cfg.Ready == nil && !s.kept {
		return nil
	}
	return fmt.Errorf("a terminal or pipe for the program's output: %w", err)
}

// make opens a pty or a pipe: our non-blocking end, and the program's blocking one.
func (s *Streams) make(w way) (ours, theirs *os.File, err error) {
	if w == piped {
		ours, theirs, err = os.Pipe()
	} else {
		ours, theirs, err = tty.Open()
	}
	if err != nil {
		return nil, nil, err
	}
	s.theirs = append(s.theirs, theirs)
	if w == ptyed {
		s.ptys = append(s.ptys, ours)
		s.c.resize(ours)
		s.c.setModes(int(theirs.Fd()))
	}
	return ours, theirs, unix.SetNonblock(int(theirs.Fd()), false)
}

// setModes gives a program's pty the modes of our terminal, without OPOST.
func (c *Console) setModes(fd int) {
	var t *tty.Modes
	if c.cfg.Modes != nil {
		t = c.cfg.Modes()
	}
	if t == nil {
		now, err := tty.Get(c.screen)
		if err != nil {
			if now, err = tty.Get(fd); err != nil {
				return
			}
		}
		t = &now
	}
	want := *t
	want.Oflag &^= unix.OPOST
	_ = want.Set(fd)
}

func (c *Console) matcher(found func()) *matcher {
	if c.cfg.Ready == nil {
		return nil
	}
	return &matcher{pattern: c.cfg.Ready, found: found}
}

// Stdio returns the program's descriptors 0, 1 and 2. Valid until Started.
func (s *Streams) Stdio() [3]int { return s.stdio }

// Outlets returns our end and the target of each relay. Valid until Started.
func (s *Streams) Outlets() [][2]int {
	var out [][2]int
	for _, r := range s.relays {
		control(r.from, func(fd int) { out = append(out, [2]int{fd, r.to.fd}) })
	}
	return out
}

// Started closes our copies of the program's ends.
func (s *Streams) Started() {
	for _, f := range s.theirs {
		_ = f.Close()
	}
	s.theirs = nil
}

// Flush waits until all output so far is copied, or until the reader takes too long.
func (s *Streams) Flush() {
	if !s.kept {
		settle(s.relays, false)
	}
}

// Ending leaves out "Terminated" from now on, which a shell writes when SIGTERM ends what it has
// started, as below npm run.
func (s *Streams) Ending() { s.ending.Store(true) }

// Last returns the last lines of standard error, without control characters, if it is
// relayed.
func (s *Streams) Last() []string {
	if s.tail == nil {
		return nil
	}
	return s.tail.last()
}

// Close copies the rest, unless it is kept back, and ends the streams. If our reader does
// not read, the rest is copied when it does. Close returns false if some output is lost,
// because too many ended programs wait for that reader.
func (s *Streams) Close() (whole bool) {
	s.c.mu.Lock()
	delete(s.c.live, s)
	s.c.mu.Unlock()
	s.Started()
	if s.kept {
		for _, r := range s.relays {
			r.drop()
		}
		return true
	}
	settle(s.relays, true)
	whole = true
	for _, r := range s.relays {
		if !r.outlive() {
			whole = false
		}
	}
	return whole
}
