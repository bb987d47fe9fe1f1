// Package usage tells how much memory processes take, and how much is left. Where a system does not say, that is
// nothing.
package usage
