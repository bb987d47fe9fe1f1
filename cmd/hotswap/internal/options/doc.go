// Package options has the options of hotswap, in one table: from the table follow the
// flags, the HOTSWAP_ variables, the defaults, the checks of each value, and the help.
package options
