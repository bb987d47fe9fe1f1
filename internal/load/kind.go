package load

import (
	"fmt"
	"net/http"
	"time"
)

// Kind is one sort of client. The constructors below make the usual ones; any
// field of what they return may be changed before it goes into a Config.
type Kind struct {
	Name    string // as reported; default made of the fields below
	Workers int    // how many run side by side; default 1
	Think   time.Duration
	Limit   int // requests per worker, after which it ends; 0: until the context ends

	Method    string // default GET
	Path      string // default /ping
	KeepAlive bool   // one connection until the server ends it, instead of one per request
	WebSocket bool   // messages on a WebSocket at Path, see WebSocketStats; KeepAlive, Method and Body have no meaning

	// Body makes the body of a worker's n-th request (both from 1). Default:
	// for a POST a short text that no other request of the run has, if names
	// of kinds differ.
	Body func(worker, n int) []byte

	// Slow is the time that the path takes by itself. It is taken off what is
	// reported as latency and added to the time allowed.
	Slow time.Duration
}

// Usual think times: a fresh connection is dear, one that is kept is to be
// idle for a moment between two requests, as a browser's is.
const (
	freshThink = 5 * time.Millisecond
	keepThink  = 10 * time.Millisecond
)

// FreshGET asks GET /ping on a new connection each time.
func FreshGET(workers int) Kind {
	return Kind{Name: "fresh GET", Workers: workers, Think: freshThink, Path: "/ping"}
}

// FreshPOST sends to POST /echo on a new connection each time.
func FreshPOST(workers int) Kind {
	return Kind{Name: "fresh POST", Workers: workers, Think: freshThink, Method: http.MethodPost, Path: "/echo"}
}

// KeepAliveGET asks GET /ping on one connection until the server ends it.
func KeepAliveGET(workers int) Kind {
	return Kind{Name: "keep-alive GET", Workers: workers, Think: keepThink, Path: "/ping", KeepAlive: true}
}

// KeepAlivePOST sends to POST /echo on one connection until the server ends it.
func KeepAlivePOST(workers int) Kind {
	return Kind{Name: "keep-alive POST", Workers: workers, Think: keepThink, Method: http.MethodPost, Path: "/echo", KeepAlive: true}
}

// SlowFresh asks GET /slow?ms=…, which takes d, on a new connection each time.
func SlowFresh(workers int, d time.Duration) Kind {
	return Kind{Name: "slow fresh", Workers: workers, Think: freshThink, Path: fmt.Sprintf("/slow?ms=%d", d.Milliseconds()), Slow: d}
}

// SlowKeepAlive asks GET /slow?ms=…, which takes d, on one connection until
// the server ends it.
func SlowKeepAlive(workers int, d time.Duration) Kind {
	k := SlowFresh(workers, d)
	k.Name, k.Think, k.KeepAlive = "slow keep-alive", keepThink, true
	return k
}

// WebSocket sends a message every 20 ms on a WebSocket at path and wants each
// echoed.
func WebSocket(workers int, path string) Kind {
	return Kind{Name: "websocket", Workers: workers, Think: 20 * time.Millisecond, Path: path, WebSocket: true}
}

// DefaultMix is a little of everything that the examples answer.
func DefaultMix() []Kind {
	return []Kind{
		FreshGET(4), FreshPOST(2), KeepAliveGET(4), KeepAlivePOST(2),
		SlowFresh(2, 700*time.Millisecond), SlowKeepAlive(2, 700*time.Millisecond),
	}
}

func (k Kind) withDefaults() Kind {
	if k.Workers <= 0 {
		k.Workers = 1
	}
	if k.Method == "" {
		k.Method = http.MethodGet
	}
	if k.Path == "" {
		k.Path = "/ping"
	}
	if k.Name == "" {
		kept := "fresh"
		if k.KeepAlive {
			kept = "keep-alive"
		}
		k.Name = kept + " " + k.Method + " " + k.Path
	}
	if k.Body == nil && k.Method == http.MethodPost {
		name := k.Name
		k.Body = func(worker, n int) []byte { return fmt.Appendf(nil, "%s: worker %d request %d", name, worker, n) }
	}
	return k
}

// fresh tells whether completed requests of this kind close the gap that
// Snapshot.LongestGap measures.
func (k *Kind) fresh() bool { return !k.KeepAlive && !k.WebSocket && k.Slow == 0 }
