// Package why says what a change of a file does and by which line, and what is watched: for a
// hotswap that runs, and for one that would run by the project's file.
package why
