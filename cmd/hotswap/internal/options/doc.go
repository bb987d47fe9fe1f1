// Package options reads what a person asked hotswap for: command-line options and
// HOTSWAP_ variables, checked, as one Options value.
package options
