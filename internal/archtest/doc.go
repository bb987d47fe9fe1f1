// Package archtest tests the layout: which package may import which, the size of packages, files and functions, that
// each switch over a closed interface is complete, that few files know of an upgrade, that named times are few, and
// that what the docs name exists. With the tag lint, as .ci/lint runs it, it also tests how code is written, and that
// the sums of tokens only go down. It has tests only.
package archtest
