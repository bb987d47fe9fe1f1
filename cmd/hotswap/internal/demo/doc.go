// Package demo shows hotswap at work: the same small server, under the same load, is
// replaced by hotswap and by plain restarts, and the two are compared.
package demo
