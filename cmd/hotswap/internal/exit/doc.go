// Package exit has the exit codes of hotswap, and errors that carry one.
package exit
