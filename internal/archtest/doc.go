// Package archtest tests the layout: which package may import which, the size of
// packages and files, one package comment for each package, and words that the
// project no longer uses. It has tests only.
package archtest
