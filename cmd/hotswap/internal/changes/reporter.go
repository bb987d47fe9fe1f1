package changes

import (
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/watch"
)

// Reporter tells the user. Its methods may be called from any goroutine.
type Reporter interface {
	Watched(watch.Notice)
	WatchFailed(error)
	// Open is a file that the program holds open for writing.
	Open(file string)
	// StartWrites and BuildChanges are files that change at each start, or build.
	StartWrites(selfwrite.Verdict)
	BuildChanges(selfwrite.Verdict)
	// BuildWrites are files that are known from now on as the build's.
	BuildWrites(files []string)
	PassedOver(why string, files []string)
	Follows(gen int, p loaded.Plan, exact bool)
	// AdapterMissing is a Node process whose NODE_OPTIONS were replaced by options;
	// AdapterBarred is one whose permission model keeps the adapter out.
	AdapterMissing(gen, pid int, options string)
	AdapterBarred(gen, pid int)
}
