// Package statefile keeps the items of a store in a file, so that they survive hotswap.
//
// The file is a text. Each commit appends one line with what has become of its keys, in JSON,
// behind its checksum, and synchronizes the file. So a process that is killed at any moment,
// or a machine that loses its power, leaves whole lines, of every commit that has returned,
// and perhaps the beginning of one more, which the next [File.Load] removes. Anything else
// that is wrong is an error, and the file stays as it is. When lines that say nothing new make
// up more than half of the file, a new file with what there is takes its place.
package statefile
