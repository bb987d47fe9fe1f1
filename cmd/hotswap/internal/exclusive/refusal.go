package exclusive

import (
	"bytes"
	"regexp"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// taken are the words in which PostgreSQL refuses a slot of logical replication that another connection reads, also in
// JSON, Erlang the name of another node, Telegram a second bot, and most runtimes an address. All output is searched
// for them, and Go searches fast only for the text with which a pattern begins.
var taken = []struct {
	kind  Kind
	words func() *regexp.Regexp
}{
	{Slot, lazy.Pattern(`replication slot \\?"([^"\\]+)\\?" is active for PID \d`)},
	{Node, lazy.Pattern(`the name (\S+@\S+) seems to be in use by another Erlang node`)},
	{Words, lazy.Pattern(`(only one bot instance is running)`)},
	{Address, lazy.Pattern(`EADDRINUSE`)}, {Address, lazy.Pattern(`eaddrinuse`)},
	{Address, lazy.Pattern(`ddress already in use`)},
}

// locked are the words in which SQLite refuses a write, also in those of Prisma.
var locked = []func() *regexp.Regexp{
	lazy.Pattern(`database is locked`), lazy.Pattern(`SQLITE_BUSY`),
	lazy.Pattern(`configured timeout ?— see https://pris\.ly/d/sqlite-connector`),
}

// ofRequests are lines that may quote a client, as an access log does its User-Agent.
var ofRequests = lazy.Pattern(`(?m)^.*(\bHTTP/\d|(?i:user.?agent)).*$`)

// Refusals takes what programs write, and has what a generation did not get. Each kind has room for one, so that no
// address takes the place of a name.
type Refusals struct {
	names, addresses chan Resource
	locked           *atomic.Int64 // the newest generation to which SQLite has refused a write, which it may try again
}

func NewRefusals() Refusals {
	return Refusals{make(chan Resource, 1), make(chan Resource, 1), &atomic.Int64{}}
}

// Read looks at whole lines of a generation; 0: of a program that is none. It does not block.
func (r Refusals) Read(gen int, text []byte) {
	for _, one := range taken {
		m := one.words().FindSubmatch(text)
		if m != nil { // seldom
			m = one.words().FindSubmatch(ofRequests().ReplaceAll(text, nil))
		}
		if m == nil || gen == 0 {
			continue
		}
		h, to := Resource{Kind: one.kind, Name: string(bytes.Join(m[1:], nil)), Refused: gen}, r.addresses
		if h.Kind != Address {
			to = r.names
		}
		select {
		case to <- h:
		default:
		}
	}
	for _, words := range locked {
		for old := r.locked.Load(); int64(gen) > old && words().Match(text) &&
			!r.locked.CompareAndSwap(old, int64(gen)); old = r.locked.Load() {
		}
	}
}
