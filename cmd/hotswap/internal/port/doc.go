// Package port gives each folder a port of its own. A file of the user remembers which, for as long as the folder exists,
// so that each worktree of a project keeps its URL. A lock keeps two hotswaps that start at once from one port.
package port
