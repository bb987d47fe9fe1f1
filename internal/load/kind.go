package load

import (
	"fmt"
	"net/http"
	"time"
)

// Kind describes a group of equal clients. Fields may be changed after a constructor.
type Kind struct {
	Name    string // default: from the fields below
	Workers int    // default 1
	Think   time.Duration
	Limit   int // requests per worker, after which it ends; 0: until the context ends

	Method    string // default GET
	Path      string // default /ping
	KeepAlive bool   // one connection until the server ends it, instead of one per request

	// Body returns the body of a worker's n-th request (both from 1). Default: a text
	// that is unique if the names of kinds are, for a POST; else none.
	Body func(worker, n int) []byte

	// Slow is the time that the path takes by design. It is not part of the reported
	// latency and is added to the timeout.
	Slow time.Duration
}

// Default think times. A kept connection is idle between two requests, as a
// browser's is.
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
	return Kind{Name: "keep-alive POST", Workers: workers, Think: keepThink, Method: http.MethodPost, Path: "/echo",
		KeepAlive: true}
}

// SlowFresh asks GET /slow?ms=…, which takes d, on a new connection each time.
func SlowFresh(workers int, d time.Duration) Kind {
	return Kind{Name: "slow fresh", Workers: workers, Think: freshThink,
		Path: fmt.Sprintf("/slow?ms=%d", d.Milliseconds()), Slow: d}
}

// SlowKeepAlive asks GET /slow?ms=…, which takes d, on one connection until the server
// ends it.
func SlowKeepAlive(workers int, d time.Duration) Kind {
	k := SlowFresh(workers, d)
	k.Name, k.Think, k.KeepAlive = "slow keep-alive", keepThink, true
	return k
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

// fresh reports whether requests of this kind count for Snapshot.LongestGap.
func (k *Kind) fresh() bool { return !k.KeepAlive && k.Slow == 0 }
