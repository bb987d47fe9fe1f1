package changes

import (
	"github.com/hotswap-dev/hotswap/watch"
)

// Reporter reports to the user. Its methods may be called from any goroutine.
type Reporter interface {
	Watched(watch.Notice)
	WatchFailed(error)
	// Ignored reports changes that start no generation, for ByProgram and ByBuild once for each of the first folders.
	Ignored(why Reason, files []string)
	// Loops reports a file that alone has caused so many swaps in a row, while no client has come.
	Loops(file string, swaps int)
	Applied(Applied)
	// ProjectChanged reports that the project's file has changed since hotswap read it.
	ProjectChanged(name string)
	// Follows reports how many files of the project a generation has loaded, and which folders outside of the project
	// are watched because of that. unsure is why code counts that no process is known to have read; "": it does not
	// count.
	Follows(gen, files int, folders []string, unsure string)
	// OwnReload reports a dev server that the program runs inside itself. reads is nil.
	OwnReload(server string, reads []string)
	// AdapterMissing reports a process of Node in which options have replaced NODE_OPTIONS.
	AdapterMissing(gen, pid int, options string)
}

// Reason is why a change is ignored.
type Reason string

const (
	ByProgram   Reason = "program"      // the program has written it
	ByBuild     Reason = "build"        // the build has written it
	BuildOutput Reason = "build-output" // a build made the file before the program loaded it, or will load it
	NotLoaded   Reason = "not-loaded"   // no process has loaded or read it, but perhaps a dev server inside
)

func (r Reason) Text() string {
	return map[Reason]string{
		ByProgram: "the program has written it", ByBuild: "the build has written it",
		BuildOutput: "a build made it before the program loaded it",
		NotLoaded:   "the program itself has not loaded it (--watch has it count)",
	}[r]
}
