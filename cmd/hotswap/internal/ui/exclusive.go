package ui

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exclusive"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

var found = map[exclusive.Kind]string{
	exclusive.Lock:     "%s is locked by the program, so only one process may have it open",
	exclusive.Data:     "%s has the program's data, which two processes would overwrite",
	exclusive.Database: "%s is a database that only one process may open",
	exclusive.Server: "%s starts with the program, not beside it (beside: in hotswap.yaml), " +
		"and two would have different data",
	exclusive.Slot:    "the replication slot %s can have only one reader",
	exclusive.Node:    "the name %s can have only one Erlang node",
	exclusive.Words:   "%q was an error while two processes ran",
	exclusive.Address: "an address%s of the old process was refused to the new one",
}

// Exclusive prints that from now on the old process ends before the new one starts, because the program has something
// that only one process may have.
func (p *Printer) Exclusive(h exclusive.Resource) {
	name := plain.Short(h.Name, 1000)
	path, slot, why := name, "", fmt.Sprintf(found[h.Kind], name)
	if h.Kind >= exclusive.Slot {
		path, slot = "", name
	}
	if h.Late {
		why += " (look for what was saved during the last swap)"
	}
	database := h.Kind == exclusive.Database || h.Kind == exclusive.Server
	p.info("stop-first", "path", path, "slot", slot, "database", database).
		Msg(why + ": from now on the old process ends first (--strategy overlap to overlap all the same)")
}
