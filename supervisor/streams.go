package supervisor

import "errors"

// Console gives each generation its standard streams.
type Console interface {
	// Open makes the streams of one generation, which are closed by Close.
	// ready may be called once, by any goroutine, when what the program writes
	// says that it can serve; by is how that was found, as "log". If kept, what it
	// writes is kept back until Go, or Close; an error says that it cannot be.
	Open(gen GenID, kept bool, ready func(by string)) (Streams, error)
}

// Streams are the standard streams of one generation. One goroutine at a time
// calls its methods, but for Last, which any may.
type Streams interface {
	// Stdio are the descriptors that the program inherits as 0, 1 and 2. They
	// stay the owner's.
	Stdio() [3]int
	// Outlets are where that goes which the program writes to what is not our
	// own: pairs of a descriptor that we read and one that we write to, valid
	// until Started.
	Outlets() [][2]int
	// Started tells that the program has its copies.
	Started()
	// Go passes on what was kept back, and what comes.
	Go()
	// Flush returns when all that the program has written by now is passed on,
	// or when whoever reads it takes too long.
	Flush()
	// Last are the last lines that it wrote on standard error, if they are
	// known; of what was kept back after Close only.
	Last() []string
	// Close ends what Open began, as Flush does, and whoever still has the
	// streams. It also comes when the program was not started. It returns false if
	// output of the program is lost because nobody reads it.
	Close() bool
}

// Inherited are the same descriptors for every generation, as they are:
// nothing is known of what is written.
type Inherited [3]int

// Open makes nothing.
func (i Inherited) Open(_ GenID, kept bool, _ func(string)) (Streams, error) {
	if kept {
		return nil, errors.New("what the program writes goes nowhere but to hotswap's own output")
	}
	return inherited(i), nil
}

type inherited [3]int

func (i inherited) Stdio() [3]int   { return i }
func (inherited) Outlets() [][2]int { return nil }
func (inherited) Started()          {}
func (inherited) Go()               {}
func (inherited) Flush()            {}
func (inherited) Last() []string    { return nil }
func (inherited) Close() bool       { return true }
