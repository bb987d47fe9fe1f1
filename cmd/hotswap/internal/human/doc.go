// Package human writes durations, numbers and lists the way hotswap shows them.
package human
