// Package watchers measures what a save costs below hotswap and below the tools that people use in its place, and
// writes the table and the chart of README.md, and the whole table of docs/evidence.md.
//
// # What happens in a row?
//
// Each contender runs alone, hotswap with an empty cache. 200 requests a second come, half of them on kept connections,
// and one WebSocket is open, for the Go program an event stream. Three seconds after the first answer comes the first
// of six saves, then one every 2.5 s, up to half a second early or late. Every other save renames over the file. Then
// follow a save with a syntax error, which stays for 3 s, and a good one. After 2 s without clients, memory is
// measured, and the processor time of all processes for two more saves.
//
// # What makes a run fail?
//
// A contender that does not start or answer, a figure without a measurement, and a run of more than six minutes. A run
// that fails writes no table.
package watchers
