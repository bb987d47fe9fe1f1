// Package instance makes a running hotswap known to others: it writes the record of the
// run, opens the control socket, and marks the processes of the program. It also ends what
// a killed hotswap left behind.
package instance
