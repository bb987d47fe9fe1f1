package ui

import (
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exclusive"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// Exclusive prints that from now on the old process ends before the new one starts, because the
// program has something that only one process may have: its data in a file, a database's folder or server, a file with a
// lock, a slot of replication or words of its refusal, or else an address.
func (p *Printer) Exclusive(h exclusive.Holding) {
	path, slot, database := plain.Short(h.Path, 1000), plain.Short(h.Slot, 1000), h.Database
	what := path
	why := "is locked by the program, so only one process may have it open"
	switch {
	case h.Data:
		why = "has the program's data, which two processes would overwrite"
		if h.Late {
			why += " (look for what was saved during the last swap)"
		}
	case database && !strings.Contains(path, "/"):
		why = "starts with the program, not beside it (beside: in hotswap.yaml), and two would have different data"
	case database:
		why = "is a database that only one process may open"
	case strings.Contains(slot, "@"):
		what, why = "the name "+slot, "can have only one Erlang node"
	case strings.Contains(slot, " "):
		what, why = strconv.Quote(slot), "was an error while two processes ran"
	case slot != "":
		what, why = "the replication slot "+slot, "can have only one reader"
	case path == "":
		what, why = "an address of the old process", "was refused to the new one"
	}
	p.info("stop-first", "path", path, "slot", slot, "database", database).
		Msgf("%s %s: from now on the old process ends first (--strategy overlap to overlap all the same)", what, why)
}
