package run

import "errors"

// Console gives each generation its standard streams.
type Console interface {
	// Open returns the streams of one generation; 0: of a program that is none. If the program's output says that it can
	// serve, ready may be called once, by any goroutine; by is how that was found, as "log".
	// With kept, the output is kept back until Go or Close; an error says that it cannot be.
	Open(gen GenID, kept bool, ready func(by string)) (Streams, error)
}

// Streams are the standard streams of one generation. One goroutine at a time calls its
// methods; any may call Last.
type Streams interface {
	// Stdio returns the descriptors that the program inherits as 0, 1 and 2. The Streams own
	// them.
	Stdio() [3]int
	// Started says that the program has its copies of the descriptors.
	Started()
	// Go passes on what was kept back, and what comes.
	Go()
	// Flush returns when all that the program has written by now is passed on, or when its
	// reader takes too long.
	Flush()
	// Ending says that hotswap ends the program by SIGTERM, so that what a shell writes about that
	// is left out. Any goroutine may call it.
	Ending()
	// Relieved says whether another generation serves instead of this one. Any goroutine may call it.
	Relieved(yes bool)
	// Last returns the last lines of standard error, if they are known; of output that was kept
	// back, after Close only.
	Last() []string
	// Close flushes and ends the streams, also for processes that still have them, or if the
	// program was not started.
	Close()
}

// Inherited are the same descriptors for every generation. What is written to them is not
// seen.
type Inherited [3]int

// Open returns the descriptors.
func (i Inherited) Open(_ GenID, kept bool, _ func(string)) (Streams, error) {
	if kept {
		return nil, errors.New("what the program writes goes nowhere but to hotswap's own output")
	}
	return inherited(i), nil
}

type inherited [3]int

func (i inherited) Stdio() [3]int { return i }
func (inherited) Started()        {}
func (inherited) Go()             {}
func (inherited) Flush()          {}
func (inherited) Ending()         {}
func (inherited) Relieved(bool)   {}
func (inherited) Last() []string  { return nil }
func (inherited) Close()          {}
