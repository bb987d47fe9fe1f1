// Package usage tells what processes take of the machine: memory, processors, disks. Where a system does not say, that is
// nothing.
package usage
