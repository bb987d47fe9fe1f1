package intercept

import (
	"time"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// isHere reports whether the caller's socket is in hotswap's network namespace. A listener in another one is reached by none of
// its clients. dup is a duplicate of the socket, or -1. The thread's own namespace comes second, because the thread may have left
// the one in which it made the socket.
func (c caller) isHere(dup int) bool {
	here, known := sockdiag.IsHere(dup)
	if !known {
		here, _ = c.proc().IsInOurNetwork()
	}
	return here
}

// anotherWithin is how long a client of a generation may take with its question.
const anotherWithin = 2 * time.Second
