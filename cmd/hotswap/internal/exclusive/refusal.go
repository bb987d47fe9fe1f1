package exclusive

import (
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// slotTaken is how PostgreSQL refuses a slot of logical replication that another connection reads, also in JSON, how
// Erlang refuses the name of another node, Telegram a second bot, and SQLite a write; the last in Prisma's words, too.
var slotTaken = lazy.Pattern(`replication slot \\?"([^"\\]+)\\?" is active for PID \d|the name (\S+@\S+) seems to be in use by another Erlang node|` +
	`(only one bot instance is running)|(database is locked|SQLITE_BUSY|configured timeout ?— see https://pris\.ly/d/sqlite-connector)`)

// addressTaken is how the system refuses an address, in the words of most runtimes.
var addressTaken = lazy.Pattern(`(?i)EADDRINUSE|address already in use`)

// Refusals takes what programs write, and has what a generation did not get. Each kind has room for one, so that no address
// takes the place of a slot.
type Refusals struct {
	slots, addresses chan Holding
	locked           *atomic.Int64 // the newest generation to which SQLite has refused a write, which it may try again
}

// NewRefusals returns Refusals without any.
func NewRefusals() Refusals {
	return Refusals{make(chan Holding, 1), make(chan Holding, 1), &atomic.Int64{}}
}

// Read looks at whole lines of a generation; 0: of a program that is none. It does not block.
func (r Refusals) Read(gen int, text []byte) {
	h, to := Holding{Refused: gen}, r.slots
	if m := slotTaken().FindSubmatch(text); m != nil && m[4] != nil {
		for old := r.locked.Load(); int64(gen) > old && !r.locked.CompareAndSwap(old, int64(gen)); old = r.locked.Load() {
		}
		return
	} else if m != nil {
		h.Slot = string(m[1]) + string(m[2]) + string(m[3])
	} else if to = r.addresses; !addressTaken().Match(text) {
		return
	}
	if gen == 0 {
		return
	}
	select {
	case to <- h:
	default:
	}
}
