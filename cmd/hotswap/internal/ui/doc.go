// Package ui prints every line that hotswap shows: prose for people, or one JSON object a
// line with --log json. Only the command itself imports it: the other packages report what
// happens through small interfaces of their own, which Printer implements.
//
// Printing never blocks the supervisor's loop: see AsyncWriter.
package ui
