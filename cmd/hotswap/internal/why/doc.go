// Package why says what a change of a file does, and by which line, for a hotswap that runs.
package why
