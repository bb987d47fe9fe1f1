// Package archtest tests the layout: which package may import which, the size of
// packages and files, one package comment for each package, and that each switch over
// a closed interface is complete. It has tests only.
package archtest
