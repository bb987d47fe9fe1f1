package console

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Streams are the streams of one generation. Only one goroutine at a time may call its
// methods, except Last.
type Streams struct {
	c        *Console
	buffered bool // output is kept back
	stdio    [3]int
	theirs   []*os.File // the program's ends, until Started
	relays   []*relay
	tail     tail      // of standard error
	keyboard *Keyboard // nil without
	gen      int       // 0: of no generation
}

// Open returns streams for one generation; 0: for a program that is none. With kept, for a standby, output is kept
// back, in the pty or pipe, until Go. found is called at most once, when a line matches Config.Ready, and hear with
// each line, also by several goroutines at once; nil: nobody listens.
func (c *Console) Open(gen int, kept bool, found func(), hear func(line string)) (*Streams, error) {
	s := &Streams{c: c, gen: gen, buffered: kept, stdio: [3]int{c.cfg.Input, c.cfg.Out, c.cfg.Err}}
	if err := s.open(sync.OnceFunc(found), hear); err != nil {
		s.Close()
		return nil, err
	}
	c.live.Store(s, true)
	return s, nil
}

func (s *Streams) open(found func(), hear func(string)) error {
	ours, err := s.replace(2, s.c.err, s.output(&s.tail, found, hear))
	if err != nil {
		return err
	}
	if s.c.out == s.c.err {
		s.stdio[1] = s.stdio[2]
	} else if _, err := s.replace(1, s.c.out, s.output(nil, found, hear)); err != nil {
		return err
	}
	if !s.c.cfg.Keyboard {
		return nil
	}
	if s.c.together {
		s.stdio[0] = s.stdio[2]
	} else { // another terminal, whose echo goes to ours
		ours, err = s.replace(0, newSink(s.c.cfg.In), &relay{})
		if err != nil {
			return err
		}
	}
	s.keyboard = &Keyboard{ours}
	return nil
}

// output returns the relay of the program's output or error, for replace.
func (s *Streams) output(tail *tail, found func(), hear func(string)) *relay {
	return &relay{tail: tail, lines: lines{gen: s.gen, keep: s.c.cfg.Keep, ready: s.c.cfg.Ready, hear: hear},
		found: found}
}

// replace gives the program a pty or pipe as descriptor fd, and begins the relay to a sink, or prepares it
// for Go. It returns our end.
func (s *Streams) replace(fd int, to *sink, r *relay) (ours *os.File, err error) {
	open := os.Pipe
	if to.terminal {
		open = tty.Open
	}
	ours, theirs, err := open() // our non-blocking end, and the program's blocking one
	if err == nil {
		s.theirs = append(s.theirs, theirs)
		s.stdio[fd] = int(theirs.Fd())
		err = unix.SetNonblock(s.stdio[fd], false)
	}
	if err != nil {
		return nil, fmt.Errorf("a terminal or pipe for the program: %w", err)
	}
	if to.terminal {
		s.c.resize(ours)
		s.c.setModes(s.stdio[fd])
	}
	r.from, r.to, r.done, r.giveUp = ours, to, make(chan struct{}), make(chan struct{})
	s.relays = append(s.relays, r)
	if !s.buffered {
		s.c.relays.Go(r.run)
	}
	return ours, nil
}

// Go releases the output that was kept back.
func (s *Streams) Go() {
	if !s.buffered {
		return
	}
	s.buffered = false
	for _, r := range s.relays {
		s.c.relays.Go(r.run)
	}
}

// setModes gives a program's pty the modes of our terminal, without OPOST.
func (c *Console) setModes(fd int) {
	modes, err := tty.Get(c.screen)
	if c.cfg.Modes != nil {
		if found := c.cfg.Modes(); found != nil {
			modes, err = *found, nil
		}
	}
	if err == nil {
		modes.Oflag &^= unix.OPOST
		_ = modes.Set(fd)
	}
}

// Stdio returns the program's descriptors 0, 1 and 2. Valid until Started.
func (s *Streams) Stdio() [3]int { return s.stdio }

// Started closes our copies of the program's ends.
func (s *Streams) Started() {
	for _, f := range s.theirs {
		f.Close()
	}
	s.theirs = nil
}

// Flush waits until all output so far is copied, or until the reader takes too long.
func (s *Streams) Flush() {
	if !s.buffered {
		ask(s.relays, false)
	}
}

// Last returns the last lines of standard error, without control characters.
func (s *Streams) Last() []string { return s.tail.last() }

// Close copies the rest, unless it is kept back, and ends the streams. If our reader does
// not read, the rest is copied when it does, of a limited number of programs.
func (s *Streams) Close() {
	s.c.live.Delete(s)
	s.Started()
	if s.buffered {
		for _, r := range s.relays {
			r.drop()
		}
		return
	}
	ask(s.relays, true)
	lost := false
	for _, r := range s.relays {
		select {
		case <-r.done:
		default:
			lost = !r.outlive() || lost
		}
	}
	if lost && s.c.cfg.Lost != nil {
		s.c.cfg.Lost()
	}
}
