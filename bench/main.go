package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/bench/fronts"
	"github.com/hotswap-dev/hotswap/bench/places"
	"github.com/hotswap-dev/hotswap/bench/watchers"
)

// commands are the sub-commands. Without one, it is fresh.
var commands = map[string]func([]string) error{"fresh": fresh.Run, "stacks": runStacks, "baseline": runBaseline,
	"cost": runCost, "own": runOwn, "state": runState, "survey": runSurvey,
	"columns": columns.run, "first": firstSessions.run, "busy": busySessions.run, "processor": processorTimes.run,
	"rush": runRush, "places": places.Run, "fronts": fronts.Run, "watchers": watchers.Run, "reap": watchers.Reap}

func main() {
	name, args := "fresh", os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	run := commands[name]
	if run == nil {
		fmt.Fprintf(os.Stderr, "bench: no command %s: there are %s\n", name,
			strings.Join(slices.Sorted(maps.Keys(commands)), ", "))
		os.Exit(64)
	}
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
