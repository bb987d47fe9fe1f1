// Package archtest tests the layout: which package may import which, the size of packages, files and functions, that each
// switch over a closed interface is complete, that named times are few, that what the docs name exists, and that the sums of
// lines only go down. It has tests only.
package archtest
