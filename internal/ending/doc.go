// Package ending waits for the end of processes that need not be children of this one.
package ending
