package exclusive

import "github.com/hotswap-dev/hotswap/internal/lazy"

// slotTaken is how PostgreSQL refuses a slot of logical replication that another connection reads, also in JSON.
var slotTaken = lazy.Pattern(`replication slot \\?"([^"\\]+)\\?" is active for PID \d`)

// Refusals takes what programs write, and has what a generation did not get. It has room for one.
type Refusals chan Holding

// Read looks at whole lines of a generation; 0: of a program that is none. It does not block.
func (r Refusals) Read(gen int, text []byte) {
	m := slotTaken().FindSubmatch(text)
	if m == nil || gen == 0 {
		return
	}
	select {
	case r <- Holding{Slot: string(m[1]), Refused: gen}:
	default:
	}
}
