//go:build linux

package faults

// row is an event in the life of a program: what the user sees, and the tests
// that prove it: folder.TestName, a script of cmd/hotswap, or a point of ours.
type row struct {
	event, sees string
	tests       []string
}

var rows = []row{
	{
		"A new generation ends, or is not ready in time",
		"the old one serves on; hotswap prints the reason",
		[]string{
			"internal/e2e.TestSavesThroughNpmAndTsx", "supervisor/machine.TestStoryBrokenSaveExits", "supervisor/machine.TestStorySaveStorm",
			"faults: listening, new, exit 3", "faults: before bind, new, SIGSTOP for good",
		},
	},
	{
		"The serving generation crashes",
		"clients wait; new generations start, after growing pauses",
		[]string{
			"supervisor/machine.TestStoryCrashAndBackoff", "faults: serving, old, SIGKILL",
			"faults: serving, old, SIGKILL, and a save at once", "faults: cutover, new, SIGKILL",
		},
	},
	{
		"A generation crashes in its probation",
		"the old one serves again within milliseconds, waiting clients included",
		[]string{
			"probation.txtar", "dead_generation.txtar", "supervisor/machine.TestStoryProbationFailed",
			"faults: probation, new, SIGKILL",
		},
	},
	{
		"The program is missing, or its port is taken",
		"a line has the program's message and who has the port",
		[]string{
			"internal/e2e.TestSavesThroughNpmAndTsx", "run_not_found.txtar", "listen_taken.txtar",
		},
	},
	{
		"The working directory or hotswap's own binary is deleted",
		"swaps go on",
		[]string{"faults: starting, new, the working directory is gone", "supervisor/proc.TestOurBinaryMayBeReplacedMeanwhile"},
	},
	{
		"A build fails or hangs",
		"the old generation serves on; the next save builds again",
		[]string{
			"build.txtar", "build_first_fails.txtar", "build_changed.txtar", "build_stop.txtar",
			"supervisor/machine.TestBuildThatFailsChangesNothing",
		},
	},
	{
		"Many files change at once, or files are only touched",
		"one swap, or none if no byte differs",
		[]string{
			"watch.TestStormInBurstsIsOneBatch", "watch.TestMaxWaitCaps",
			"watch.TestDiskOverflow", "watch.TestSameBytesAreNoChange",
		},
	},
	{
		"The program writes files of its project",
		"hotswap ignores what the program has open or writes at each start",
		[]string{
			"cmd/hotswap/internal/changes.TestWhoHasWritten", "echo_start.txtar",
			"echo_open.txtar",
		},
	},
	{
		"A program ignores its stop signal or leaves processes behind",
		"its whole process tree gets SIGKILL at the deadline",
		[]string{
			"supervisor/proc.TestKillReachesEverything", "supervisor/machine.TestStoryStrayThatIgnoresTheSignal",
			"faults: draining, old's keeper, SIGSTOP for good", "internal/e2e.TestCtrlCInATerminal", "faults: draining, old, SIGSTOP for good",
		},
	},
	{
		"Clients never leave old generations",
		"each has a deadline",
		[]string{"supervisor/machine.TestStoryBusyDrain"},
	},
	{
		"hotswap is killed",
		"every process below ends, at the latest at the next start",
		[]string{
			"leftovers.txtar",
			"supervisor/proc.TestEverythingEndsWithHotswap",
			"faults: serving, hotswap, SIGKILL", "faults: draining, hotswap, SIGKILL",
			"supervisor/proc.TestKillerLooksLessAndLess",
		},
	},
	{
		"A stranger has the number of an ended process",
		"the stranger gets no signal",
		[]string{
			"supervisor/proc.TestSignalsPassTheNumbersNextOwner", "supervisor/proc.TestMarkerOfWhatWasThereBefore",
			"supervisor/proc.TestMarkerInAnotherPIDNamespace",
		},
	},
	{
		"Ctrl-C, once and twice",
		"the first drains, the second stops at once",
		[]string{
			"internal/e2e.TestCtrlCInATerminal", "signals_twice.txtar", "cmd/hotswap/internal/commands.TestStops",
		},
	},
	{
		"The kernel does not report changes: too few watches, a network mount",
		"a line says so, and hotswap polls",
		[]string{
			"watch.TestOnlyWhatIsRefusedIsPolled", "watch.TestPollingSeesWhatTheKernelWouldTell",
			"watch.TestRemoteFoldersArePolledAsWell", "internal/e2e.TestChangesBelowAMountWithoutEvents",
		},
	},
	{
		"A program leaves the terminal in raw mode",
		"hotswap restores the terminal",
		[]string{"internal/e2e.TestTerminalIsRestored"},
	},
	{
		"Another program joins the address by `SO_REUSEPORT`",
		"no client reaches that program",
		[]string{
			"handoff/reuseport.TestStrangerKeepsTheAddress", "listen_joined.txtar",
		},
	},
	{
		"Two hotswaps begin to listen at one address",
		"at most one serves; the other ends with exit code 69",
		[]string{"handoff/reuseport.TestStrangerAtTheSameMoment", "listen_twice.txtar"},
	},
	{
		"A debugger is attached",
		"its port leads to the serving generation; a process at a breakpoint goes on at the cutover",
		[]string{
			"supervisor/machine.TestStoryDebuggerFollowsTheCutover",
			"handoff/intercept.TestDebuggersPortIsFlagged", "internal/e2e.TestDebuggerFindsTheNewProcess", "internal/e2e.TestSwapOfAProcessAtABreakpoint",
			"debugger_waits.txtar",
		},
	},
	{
		"A standby or a rehearsal fails",
		"saves go on; after two failures there are no more standbys",
		[]string{
			"supervisor.TestAheadIsOfNoUse", "supervisor.TestAheadFails", "supervisor.TestAheadEnds", "supervisor/machine.TestStoryStandbyFails",
			"supervisor/proc.TestEverythingEndsWithHotswap", "supervisor.TestRehearsalFails",
			"supervisor.TestRehearsalBesideASwap",
		},
	},
	{
		"seccomp, `pidfd_getfd` or BPF is forbidden",
		"hotswap uses another mechanism, and a line says so",
		[]string{
			"packaging/packagetest.TestServersInContainers", "handoff/intercept.TestWithoutPidfdGetfd", "plain_restart.txtar",
			"doctor.txtar",
		},
	},
	{
		"Only one process may open the database",
		"clients wait between the two processes; no acknowledged row is lost",
		[]string{
			"cmd/hotswap/internal/exclusive.TestLook", "supervisor/machine.TestStoryStopFirstWhileTheNextBoots", "internal/e2e.TestSavesOfASingleWriterDatabase",
			"faults: waiting, new, SIGKILL", "supervisor/machine.TestStoryStopFirst",
			"handoff/reuseport.TestHoldKeepsClientsForTheNext",
		},
	},
	{
		"The machine has no descriptors left",
		"one line says so, and the old generation serves on",
		[]string{
			"faults: each, hotswap, EMFILE at each descriptor", "internal/accept.TestOnlyCloseEnds",
		},
	},
	{
		"The program binds and listens thousands of times",
		"after a thousand addresses, hotswap hands over no further ones",
		[]string{
			"handoff/reuseport.TestClosedListener", "handoff/reuseport.TestGatesOfAGenerationAreBounded", "handoff/intercept.TestCloseBeforeAcceptingAndListenAgain",
		},
	},
	{
		"A helper listens in another network namespace",
		"that listener counts neither as ready nor as served",
		[]string{
			"handoff/intercept.TestOtherNetworkNamespacePasses", "handoff/intercept.TestDeadGateStaysInItsNetworkNamespace",
			"elsewhere.txtar",
		},
	},
	{
		"A socket activator starts hotswap again",
		"clients wait in the activator's socket",
		[]string{"internal/e2e.TestSocketActivator", "packaging/packagetest.TestSystemdUnits"},
	},
	{
		"The disk is full",
		"one line says so; all else works",
		[]string{
			"internal/regular.TestReplace", "record_unwritable.txtar",
		},
	},
	{
		"hotswap or the program is stopped for a while",
		"a program serves without hotswap; clients wait for a program",
		[]string{
			"cmd/hotswap.TestCtrlZ", "faults: serving, hotswap, SIGSTOP for 2 s", "faults: in bind, hotswap, SIGSTOP for 2 s",
			"faults: cutover, new, SIGSTOP for 2 s", "faults: listening, new's keeper, SIGSTOP for 2 s", "faults: serving, old, SIGSTOP for good, then a swap",
		},
	},
	{
		"Nobody reads hotswap's output",
		"hotswap goes on, and tells how many lines are missing",
		[]string{
			"cmd/hotswap/internal/ui.TestAsyncWriterLeavesOutAndCounts", "faults: each, hotswap, nobody reads its output",
			"faults: each, hotswap, its output is closed", "cmd/hotswap/internal/ui.TestAsyncWriterLeavesOutAndCounts",
		},
	},
}
