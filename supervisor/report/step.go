package report

import (
	"regexp"
	"slices"
	"strings"
)

// Step is a command that runs before a start. The zero value is none.
type Step struct {
	// Order is the place of the step among those of the same start. Steps with the same
	// Command, Alone and Once are the same step.
	Order   int
	Name    string // where the user wrote it, such as "hotswap.yaml:7"; "": --build
	Command string // for sh -c
	// Alone: the serving generation, and every other, ends before the step runs.
	Alone bool
	// Writes: the transport of steps is to know what the step writes, from its first run on.
	Writes bool
	// Once: a task decides whether the step has to run.
	Once bool
	// Owed: a request has the step only because the task may have to run. No file of the request is
	// the step's, so a run that is under way goes on.
	Owed bool
	// Files are the changed files that the step is for, as [Files] returns them. Nil: all files may have changed.
	Files []string
}

// maxFiles bounds [Step.Files] in bytes. The kernel takes 128 KiB as one variable (execve(2)).
const maxFiles = 64 << 10

// Files returns the names in both lists, each once and in order; nil if one of the lists is nil, or the names are too
// long.
func Files(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	all := append(append([]string{}, a...), b...) // which is not nil
	slices.Sort(all)
	all = slices.Compact(all)
	if len(strings.Join(all, "\n")) > maxFiles {
		return nil
	}
	return all
}

// Check is the Name of steps by which hotswap compiles what has changed, before it stops the old process.
const Check = "check"

// Uncompiled is the error of a check that has found a broken file.
type Uncompiled struct {
	Lines []string // what the compiler says
}

func (Uncompiled) Error() string { return "it does not compile" }

// Is reports whether two steps are the same.
func (s Step) Is(other Step) bool {
	return s.Command == other.Command && s.Alone == other.Alone && s.Once == other.Once
}

// BuildFailure says which command of a build failed, and how.
type BuildFailure struct {
	Step Step
	Exit Exit
	Err  error // the command could not be run; else nil
	Post PostMortem
}

// Events are what rules may be about besides files.
const (
	EventServing = "serving" // a generation gets the new connections
	EventFailed  = "failed"  // a generation, or a command before it, has failed
	EventCrashed = "crashed" // the serving generation has ended by itself
	EventDrained = "drained" // an old generation has ended
)

// Hook is a command that runs when one of the events has happened.
type Hook struct {
	Beside
	Events []string // as a rule has them
}

// Happening is something that has happened, about which a [Hook] may run.
type Happening struct {
	Event string   // as a rule has it; "": nothing for hooks
	Gen   GenID    // 0: it is about no generation
	Why   string   // why something failed
	Files []string // the changed files that led to it
}

// Beside is a program that runs beside the generations and outlives each of them: a compiler that watches
// the source by itself, a database.
type Beside struct {
	Name    string // where the user wrote it, such as "hotswap.yaml:7"
	Command string // for sh -c
	// Ready and Failed are found in the line by which a compiler says that it is done, or that it has failed. Nil: as
	// known compilers say it.
	Ready, Failed *regexp.Regexp
	// Service says that the program is no compiler: Ready is found in the line that the program writes once, when
	// others can use it. The processor time of a service says nothing.
	Service bool
}
