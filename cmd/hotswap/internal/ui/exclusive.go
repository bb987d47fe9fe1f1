package ui

import "github.com/hotswap-dev/hotswap/internal/plain"

// Exclusive prints that from now on the old process ends before the new one starts, because the
// program has something open that only one process may have: a database's folder, or a file
// with a lock.
func (p *Printer) Exclusive(path string, database bool) {
	path = plain.Short(path, 1000)
	why := "is locked by the program, so only one process may have it open"
	if database {
		why = "is a database that only one process may open"
	}
	p.info("stop-first").Str("path", path).Bool("database", database).
		Msgf("%s %s: from now on the old process ends first (--strategy overlap to overlap all the same)", path, why)
}
