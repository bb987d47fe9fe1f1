// Package changes turns what package watch reports into the batches that are worth
// a swap. It follows the files that generations have loaded, waits for package
// installers, and leaves out what the program or its build has written itself.
package changes
