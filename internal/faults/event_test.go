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
		"a new generation ends before it is ready, or is not ready in time",
		"its output, one line with the reason; the old one serves on; the next save tries again, and a newer one abandons a boot at once",
		[]string{
			"internal/e2e.TestBrokenSaves", "supervisor.TestStoryBrokenSaveExits", "supervisor.TestStoryBrokenSaveHangs",
			"supervisor.TestStorySaveStorm", "faults: listening, new, exit 3", "faults: before bind, new, SIGSTOP for good",
		},
	},
	{
		"the serving generation crashes",
		"the address stays open and its clients wait; a fresh one starts, at once the first time, then after growing pauses",
		[]string{
			"internal/e2e.TestKillNineOfTheServingProcess", "supervisor.TestStoryCrashAndBackoff", "supervisor.TestBackoff",
			"faults: serving, old, SIGKILL", "faults: cutover, new, SIGKILL",
		},
	},
	{
		"it crashes within the probation after its cutover, or as a canary",
		"the old one, told nothing so far, serves again within milliseconds, those included who waited for the new one",
		[]string{
			"internal/e2e.TestCrashInProbation", "internal/e2e.TestKillNineOnProbation", "supervisor.TestStoryProbationFailed", "supervisor.TestStoryCanaryCrashes",
			"cmd/hotswap.TestClientsOfADeadGenerationArePassedOn", "faults: probation, new, SIGKILL", "faults: canary, new, SIGKILL",
		},
	},
	{
		"a syntax error, a missing file, a port that another program has",
		"the program's own words, and a line that says who has the port (process and name)",
		[]string{
			"internal/e2e.TestBrokenSaves", "run_not_found.txtar", "listen_taken.txtar",
			"faults: starting, new, its binary is gone", "faults: starting, new, the port is another program's",
		},
	},
	{
		"a build fails, is killed, or hangs (`--build`)",
		"its output, and one line with the command and its end; what serves serves on, and the next save builds again, also while one hangs; whatever ends hotswap ends the build",
		[]string{
			"internal/e2e.TestBuildGoServer", "build.txtar", "build_first_fails.txtar", "build_changed.txtar",
			"build_stop.txtar", "supervisor.TestBuildThatFailsChangesNothing",
		},
	},
	{
		"a storm of saves: git checkout, a formatter, a package install",
		"one swap, when it has settled",
		[]string{
			"internal/e2e.TestSaveStormIsOneSwap", "watch.TestStormInBurstsIsOneBatch", "watch.TestMaxWaitCaps",
			"watch.TestDiskBranchSwitch", "faults: serving, hotswap, inotify's queue overflows",
		},
	},
	{
		"files are touched, their bytes stay",
		"nothing",
		[]string{"watch.TestSameBytesAreNoChange", "watch.TestDiskTouchedIsNoChange", "internal/e2e.TestSaveStormIsOneSwap"},
	},
	{
		"the program writes into its own tree: a database's log, generated types",
		"what it holds open is its own; a loop of a start that changes what starts it is noticed, named and broken",
		[]string{"cmd/hotswap/internal/changes/selfwrite.TestEchoIsBroken", "cmd/hotswap/internal/changes/selfwrite.TestOwns", "echo_start.txtar", "echo_open.txtar"},
	},
	{
		"a program ignores its stop signal, leaves grandchildren, makes itself a daemon",
		"SIGKILL for the whole tree at the deadline; nothing is left",
		[]string{
			"supervisor/proc.TestKillReachesEverything", "supervisor/proc.TestSignalReachesStraysWhenTheGroupIsGone",
			"supervisor.TestStoryStrayAfterADrain", "internal/e2e.TestCtrlCTwiceInATerminal", "faults: draining, old, SIGSTOP for good",
		},
	},
	{
		"old generations pile up, for their clients never leave",
		"each has a deadline, and at most so many drain at once",
		[]string{"supervisor.TestStoryTooManyDrain", "supervisor.TestStorySaveStormDoesNotPushOutDrainers"},
	},
	{
		"hotswap is killed",
		"everything below it ends; what `killall -9 hotswap` leaves, the next start ends; it serves at once",
		[]string{
			"internal/e2e.TestKillNineOfHotswap", "internal/e2e.TestHotswapAndItsKeepersAreKilled", "leftovers.txtar", "faults: draining, hotswap and keepers, SIGKILL", "supervisor/proc.TestEverythingEndsWithHotswap",
			"faults: serving, hotswap, SIGKILL", "faults: draining, hotswap, SIGKILL",
		},
	},
	{
		"a process that is none of ours has the number of one that was, or its environment",
		"nothing: it gets no signal and is not ended",
		[]string{
			"supervisor/proc.TestSignalsPassTheNumbersNextOwner", "supervisor/proc.TestMarkerOfWhatWasThereBefore", "supervisor/proc.TestMarkerInAnotherPIDNamespace",
			"faults: serving, old's launcher, SIGKILL; its number becomes a stranger's",
			"faults: serving, hotswap and keeper, SIGKILL; strangers have the program's environment",
		},
	},
	{
		"what is left cannot be ended: another start deals with it and was stopped, a process hangs in the kernel",
		"a line says who; the start waits no longer than twelve seconds; a keeper that has to wait looks once a second",
		[]string{"leftovers_locked.txtar", "cmd/hotswap.TestLeftoversThatAnotherHolds", "supervisor/proc.TestKeeperOfWhatDoesNotEndRests"},
	},
	{
		"Ctrl-C once, and twice",
		"drain and leave; leave now, with 128 and the signal's number; the terminal is as it was",
		[]string{"internal/e2e.TestCtrlCInATerminal", "internal/e2e.TestCtrlCTwiceInATerminal", "signals_twice.txtar"},
	},
	{
		"too few inotify watches, folders that the kernel will not watch",
		"a line; what cannot be watched is looked at instead",
		[]string{"watch.TestOnlyWhatIsRefusedIsPolled", "watch.TestPollingSeesWhatTheKernelWouldTell", "cmd/hotswap.TestDoctorJudgesLimits"},
	},
	{
		"the project is on a network mount, or a host's folder in a virtual machine",
		"found out by the kind of its file system, and said; it is looked at as well, for nobody tells of changes from elsewhere",
		[]string{"watch.TestRemoteFoldersArePolledAsWell", "internal/e2e.TestChangesBelowAMountWithoutEvents"},
	},
	{
		"git is at work: a checkout, a rebase",
		"git's lock is waited for, then one swap",
		[]string{"watch.TestBatchWaitsForGitsLock", "watch.TestRebaseAsksForLongerQuiet", "watch.TestStaleLockIsWaitedForOnce"},
	},
	{
		"a program left the terminal in raw mode",
		"it is restored after each generation",
		[]string{"internal/e2e.TestTerminalIsRestored", "cmd/hotswap.TestTerminalAfterKillNine"},
	},
	{
		"a debugger's port (9229) is in use at a restart",
		"it stays open and leads to what serves, or to a boot that waits for its debugger; it never counts as readiness",
		[]string{
			"supervisor.TestStoryDebuggerIsNotReadiness", "supervisor.TestStoryDebuggerFollowsTheCutover", "supervisor.TestStoryDebuggerIsWaitedFor",
			"handoff/intercept.TestDebuggersPortIsFlagged", "internal/e2e.TestDebuggerFindsTheNewProcess",
		},
	},
	{
		"the old process, or the new one, stands at a breakpoint",
		"the old one's debugger is let go at the cutover, so that it goes on; a new one that waits for its debugger is not given up, and a line says so",
		[]string{"internal/e2e.TestSwapOfAProcessAtABreakpoint", "internal/e2e.TestBootThatWaitsForItsDebugger", "debugger_waits.txtar"},
	},
	{
		"a standby ends, listens, grows, or is out of date when its time has come",
		"the generation starts cold when nothing of it is left; the standby is made once more, and then no more, and a line says why",
		[]string{"supervisor.TestAheadIsOfNoUse", "supervisor.TestAheadFails", "supervisor.TestAheadEnds", "supervisor.TestStoryStandbyFails", "supervisor/proc.TestAheadEndsWithHotswap"},
	},
	{
		"seccomp, pidfd_getfd or steering is forbidden",
		"a line says which; another way is taken, and `hotswap doctor` explains",
		[]string{
			"internal/e2e.TestPidfdGetfdForbidden", "handoff/intercept.TestWithoutPidfdGetfd", "plain_restart.txtar",
			"cmd/hotswap.TestDoctorFindsSeccompForbidden", "cmd/hotswap.TestDoctorFindsPidfdGetfdForbidden", "cmd/hotswap.TestDoctorFindsSteeringForbidden",
		},
	},
	{
		"a database that only one process may have open",
		"`--strategy stop-first`: clients wait, the old one stops, the new one starts",
		[]string{"internal/e2e.TestTenSavesOfASingleWriterDatabase", "internal/e2e.TestSQLiteWithAnExclusiveLock", "internal/e2e.TestStopFirst", "faults: waiting, new, SIGKILL", "supervisor.TestStoryStopFirst", "handoff.TestHoldKeepsClientsForTheNext"},
	},
	{
		"no descriptors, no processes are left on the machine",
		"one line, the old one serves on; when there are some again, all is as before",
		[]string{"faults: each, hotswap, EMFILE at each descriptor", "faults: serving, hotswap, EMFILE as an adapter connects", "faults: starting, hotswap, EAGAIN: no more processes"},
	},
	{
		"the program opens listeners and closes them",
		"the addresses stay open until the next swap, one descriptor each; a drain does not wait for whoever waits there; where descriptors run short they are closed, and a line names them",
		[]string{
			"handoff.TestClosedListener", "handoff.TestSpare", "handoff/reuseport.TestProbesAreBounded", "handoff/intercept.TestCloseBeforeAcceptingAndListenAgain",
			"faults: serving, old, opens and closes 400 listeners", "faults: serving, old, opens and closes 400 listeners, hotswap may have 64 descriptors",
		},
	},
	{
		"a helper of the program listens on its address in another network namespace",
		"nothing: it counts neither as ready nor as served; if the whole program is there, one line says that its address cannot be handed over",
		[]string{
			"handoff/intercept.TestOtherNetworkNamespacePasses", "handoff/intercept.TestDeadGateStaysInItsNetworkNamespace", "handoff/drain.TestConnectionInAnotherNetworkNamespace", "elsewhere.txtar",
			"faults: before bind, new, its helper listens in another network namespace", "faults: before bind, new, an ordinary user's helper listens in another network namespace",
		},
	},
	{
		"the program binds thousands of times",
		"nothing: each bind takes as long as the first, and a swap does not wait for them",
		[]string{"handoff/intercept.TestBindsStayQuick", "handoff/intercept.TestPrune", "faults: serving, old, binds 2,000 times, and is swapped meanwhile"},
	},
	{
		"hotswap is stopped and started again below a socket activator (systemd)",
		"clients wait in the activator's socket and are answered by the next one",
		[]string{"internal/e2e.TestSocketActivator", "internal/e2e.TestSystemdSocketActivate", "handoff.TestLentSocketOutlivesAll"},
	},
	{
		"the disk is full",
		"one line: what runs cannot be written down, for the next start to find; all else is as ever",
		[]string{"cmd/hotswap.TestRecordOnAFullDisk", "supervisor/record.TestFullDisk", "faults: each, hotswap, ENOSPC: the disk of its record is full"},
	},
	{
		"hotswap, or the program, is stopped for a while: Ctrl-Z, a frozen container, a sleeping machine",
		"clients of a stopped hotswap are served by the program; clients of a stopped program wait; then all goes on",
		[]string{
			"cmd/hotswap.TestCtrlZ", "faults: serving, hotswap, SIGSTOP for 2 s", "faults: in bind, hotswap, SIGSTOP for 2 s",
			"faults: cutover, new, SIGSTOP for 2 s", "faults: serving, old, SIGSTOP for good, then a swap",
		},
	},
	{
		"nobody reads hotswap's output, or it is closed",
		"hotswap goes on, and answers commands and signals; a program that writes waits in its own write(2), as it would without hotswap; a reader that comes back is told how many of hotswap's lines it has missed",
		[]string{"faults: each, hotswap, its output is a full pipe, and never read", "faults: each, hotswap, its output is a full pipe, then read again", "cmd/hotswap.TestOutboxLeavesOutAndCounts", "faults: each, hotswap, nobody reads its output", "faults: each, hotswap, its output is closed", "cmd/hotswap.TestOutboxDoesNotBlock"},
	},
}
