package run

import "github.com/hotswap-dev/hotswap/supervisor/console"

// Console gives each generation its standard streams.
type Console interface {
	// Open returns the streams of one generation; 0: of a program that is none. If the program's output says that it can
	// serve, ready may be called once, by any goroutine; by is how that was found, as "log". hear is called with each line, without
	// escape sequences and cut to a length, by any goroutine; nil: nobody listens.
	// With kept, the output is kept back until Go or Close.
	Open(gen GenID, kept bool, ready func(by string), hear func(line string)) (Streams, error)
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

// Relayed is the console whose relays pass on what generations write.
type Relayed struct{ *console.Console }

// Open returns the streams of one generation.
func (r Relayed) Open(gen GenID, kept bool, ready func(by string), hear func(line string)) (Streams, error) {
	return r.Console.Open(int(gen), kept, func() { ready("log") }, hear)
}
