// Package report has what others read of hotswap: notices, which say once that something has happened, the status,
// which says how things stand, and the results of commands. The types hold facts; a method only says a fact in another
// way, as [PostMortem.Cause] does. None acts, waits or changes anything.
//
// The machines leave some facts empty, since only the loop knows them. The loop completes each notice, status and
// result in one place, before any reader gets it. The readers share the value and must not change it.
//
// # Who calls, in which order, and what may block
//
//   - The loop calls Config.Notify, Config.Publish, Config.Reason, Config.Why and Config.Alive of package supervisor,
//     and nobody else does. So they need no lock against each other, and must not block: until they return, no swap,
//     drain or signal goes on. They must not call a method of the supervisor that asks the loop (Current, Now, Reload,
//     Stop, …), which would wait for itself; Status is safe.
//   - Notices come one at a time, in the order in which things happened. A notice comes while its step is carried out,
//     before the status of that step. Replies to commands come among the notices of their step, in the machine's order.
//   - A status comes once after each pass of the loop. It replaces the last one: who reads Supervisor.Status may miss
//     some, never the newest. Status.Changed is closed when there is a newer one, after that can be read.
//   - Any goroutine may call the methods of the supervisor. Status never blocks. Batch, Current, SetPaused and Tree
//     wait while the loop is busy. Recent and Now wait for it for a bounded time only, since people ask when hotswap
//     hangs, and Now counts afterwards, in the caller's goroutine (Config.Count may block). Reload, Rollback and Stop
//     wait for the fate of what they ask for, or until their context ends.
//   - After the last notice comes the last status; then Run returns, and every call that waits.
//   - A reader that must write to somebody else (a terminal, a file, a client) has a goroutine and a bounded queue of
//     its own, as ui.NewAsyncWriter and package events have. What does not fit is counted, and the reader says how much
//     it has missed.
package report
