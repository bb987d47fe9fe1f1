// Package install tests that Go's own commands install this commit as they would a published version:
// from the zip files of its modules, which a folder serves in the place of the module proxy. Other
// modules come from this machine's module cache. It has tests only.
package install
