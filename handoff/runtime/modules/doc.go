// Package modules has what is common to the runtimes whose processes tell what they have
// loaded in files: each generation has a folder, in which each of its processes that
// the environment has made to load a script of ours appends to a file of its own,
// named by its process id. Names may have any bytes, both in what is told and in the plan
// of a standby (bytes.go). No connection and no descriptor stays open for it.
package modules
