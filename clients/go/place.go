package hotswap

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"time"
)

const variable = "HOTSWAP_SOCKET" // names hotswap's socket

// Generation returns the number of the generation that this process belongs to, or 0 without hotswap.
func Generation() int {
	n, _ := strconv.Atoi(os.Getenv("HOTSWAP_GENERATION"))
	return n
}

// Draining is closed when this generation drains and does not serve again: the one after it has come through
// its probation, or hotswap stops. It is not closed while the generation is held, nor without hotswap.
//
// A program may then end its connections by itself, for instance by [net/http.Server.Shutdown], and end. hotswap
// sends the stop signal when they are idle: [os/signal.NotifyContext] has the program live on.
func Draining() <-chan struct{} { return draining() }

var draining = sync.OnceValue(func() <-chan struct{} {
	drains := make(chan struct{})
	if path := os.Getenv(variable); path != "" {
		go follow(path, sync.OnceFunc(func() { close(drains) }))
	}
	return drains
})

// follow calls drains when the generation does. A connection that was of use is opened again.
func follow(path string, drains func()) {
	for useful := true; useful; {
		useful = false
		e, err := begin(path, request{Op: "place"})
		if errors.Is(err, errClosed) { // hotswap has no room
			useful = true
			time.Sleep(time.Second)
			continue
		}
		if err != nil {
			return
		}
		for m, err := e.next(); err == nil; m, err = e.next() {
			useful = true
			if m.State == "draining" {
				drains()
			}
		}
		_ = e.conn.Close()
	}
}
