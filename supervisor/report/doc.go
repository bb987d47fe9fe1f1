// Package report has what others read of hotswap: notices, which say once that something has
// happened, the status, which says how things stand, and the results of commands. The types hold
// facts; a method only says a fact in another way, as [PostMortem.Cause] does. None acts, waits or changes anything.
//
// The machines leave some facts empty, since only the loop knows them. The loop completes each notice, status and
// result in one place, before any reader gets it. The readers share the value and must not change it.
package report
