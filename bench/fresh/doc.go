// Package fresh measures how long after a save the first fresh answer comes, in projects of all kinds, and has what
// every measurement needs: contenders, their processes, traffic, a probe, and tables.
//
// # What is measured?
//
// The time from the end of a save (the file is written and closed, or renamed) to the
// end of the first answer with that version or a newer one, on a new connection. After
// a save the probe connects every 2 ms, later every fiftieth of the time that has
// passed, at most every 10 ms.
//
// # Which saves?
//
// Saves come in a rhythm, each up to a fifth of the interval early or late, so that
// they do not align with timers. Every other save writes the file in place; the rest
// write beside it and rename. Saves go on whether or not the last one has been
// answered. The first two saves of each turn are not part of median and worst.
//
// # What else is on the machine?
//
// The contenders of a program all run, but only the one whose turn it is gets saves and
// traffic. Traffic is 200 requests per second, half of them on kept connections, and
// one open event stream.
//
// # What fails a run?
//
// With hotswap: a failed request, an old version on a connection that was begun after a
// newer version had answered, and a save without a fresh answer after 15 s.
package fresh
