// Package archtest holds the house together: who may import whom, and one
// package comment for each package. It has tests only.
package archtest
