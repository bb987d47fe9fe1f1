// Package ending waits for the end of processes that need not be children of this one. Another process may have the
// number by now: then Wait waits for that process, which is longer than needed.
package ending
