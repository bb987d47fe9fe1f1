package changes

import (
	"github.com/hotswap-dev/hotswap/watch"
)

// Reporter reports to the user. Its methods may be called from any goroutine.
type Reporter interface {
	Watched(watch.Notice)
	WatchFailed(error)
	// Ignored reports changes that start no generation. For Open, ByProgram and ByBuild
	// it is called once for each file.
	Ignored(why Reason, files []string)
	// Applied reports what a rule did in the place of a start.
	Applied(Applied)
	// ProjectChanged reports that the project's file is another than the one that hotswap goes by.
	ProjectChanged(name string)
	// Follows reports how many files of the project a generation has loaded, and which folders outside
	// of it are watched because of that. unsure is why code counts of which no process says that it
	// has read it; "": such code does not count.
	Follows(gen, files int, folders []string, unsure string)
	// AdapterMissing is a process whose variable, NODE_OPTIONS or BUN_OPTIONS, was replaced by
	// options.
	AdapterMissing(gen, pid int, variable, options string)
}

// Reason is why a change is ignored.
type Reason string

// The reasons.
const (
	Open        Reason = "open"         // the program has the file open for writing
	ByProgram   Reason = "program"      // the program has written it
	ByBuild     Reason = "build"        // the build has written it
	BuildOutput Reason = "build-output" // it was made before the program loads, or has loaded, it
	NotLoaded   Reason = "not-loaded"   // no process has loaded or read it
)
