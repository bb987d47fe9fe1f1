// Package archtest tests the layout: which package may import which, the size of packages and files, one package
// comment for each package, that each switch over a closed interface is complete, that few files know of an upgrade,
// and that named times are few and explained. It has tests only.
package archtest
