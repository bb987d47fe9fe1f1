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
		"hotswap shows the program's output and one line with the reason. The old generation goes on serving, and the next save tries again. A newer save ends a boot that is under way",
		[]string{
			"internal/e2e.TestBrokenSaves", "supervisor/machine.TestStoryBrokenSaveExits", "supervisor/machine.TestStoryBrokenSaveHangs",
			"supervisor/machine.TestStorySaveStorm", "faults: listening, new, exit 3", "faults: before bind, new, SIGSTOP for good",
		},
	},
	{
		"the serving generation crashes",
		"the address stays open and its clients wait. A fresh generation starts, at once the first time, then after growing pauses",
		[]string{
			"internal/e2e.TestKillNineOfTheServingProcess", "supervisor/machine.TestStoryCrashAndBackoff", "supervisor/machine.TestBackoff",
			"faults: serving, old, SIGKILL", "faults: cutover, new, SIGKILL",
		},
	},
	{
		"a new generation crashes during its probation",
		"the old generation, which has got no signal yet, serves again within milliseconds, including the clients who waited for the new one",
		[]string{
			"internal/e2e.TestCrashInProbation", "internal/e2e.TestKillNineOnProbation", "supervisor/machine.TestStoryProbationFailed",
			"cmd/hotswap.TestClientsOfADeadGenerationArePassedOn", "faults: probation, new, SIGKILL",
		},
	},
	{
		"the program has a syntax error, a file is missing, or another program has the port",
		"hotswap shows the program's own message, and a line names the process that has the port",
		[]string{
			"internal/e2e.TestBrokenSaves", "run_not_found.txtar", "listen_taken.txtar",
			"faults: starting, new, its binary is gone", "faults: starting, new, the port is another program's",
		},
	},
	{
		"a build fails, is killed, or hangs (`--build`)",
		"hotswap shows the build's output and one line with the command and how it ended. The old generation goes on serving, and the next save builds again, even while a build hangs. The build ends with hotswap, however hotswap ends",
		[]string{
			"internal/e2e.TestBuildGoServer", "build.txtar", "build_first_fails.txtar", "build_changed.txtar",
			"build_stop.txtar", "supervisor/machine.TestBuildThatFailsChangesNothing",
		},
	},
	{
		"many files change at once: git checkout, a formatter, a package install",
		"one swap, when the changes have settled",
		[]string{
			"internal/e2e.TestSaveStormIsOneSwap", "watch.TestStormInBurstsIsOneBatch", "watch.TestMaxWaitCaps",
			"watch.TestDiskBranchSwitch", "faults: serving, hotswap, inotify's queue overflows",
		},
	},
	{
		"files are touched, but their bytes stay the same",
		"nothing",
		[]string{"watch.TestSameBytesAreNoChange", "watch.TestDiskTouchedIsNoChange", "internal/e2e.TestSaveStormIsOneSwap"},
	},
	{
		"the program writes into its own tree: a database's log, generated types",
		"what it holds open is ignored; a file that changes at each start is ignored, too, when the kernel says that the program writes it",
		[]string{"cmd/hotswap/internal/changes/selfwrite.TestOwnWritesEnd", "cmd/hotswap/internal/changes/selfwrite.TestOwns", "echo_start.txtar", "echo_open.txtar"},
	},
	{
		"a program ignores its stop signal, leaves grandchildren, or makes itself a daemon",
		"the whole process tree gets SIGKILL at the deadline; nothing is left",
		[]string{
			"supervisor/proc.TestKillReachesEverything", "supervisor/proc.TestSignalReachesStraysWhenTheGroupIsGone",
			"supervisor/machine.TestStoryStrayAfterADrain", "internal/e2e.TestCtrlCTwiceInATerminal", "faults: draining, old, SIGSTOP for good",
		},
	},
	{
		"old generations pile up because their clients never leave",
		"each has a deadline, and at most `--max-draining` generations drain at once",
		[]string{"supervisor/machine.TestStoryTooManyDrain", "supervisor/machine.TestStorySaveStormDoesNotPushOutDrainers"},
	},
	{
		"hotswap is killed",
		"every process below it ends. The next start ends what `killall -9 hotswap` leaves, and serves at once",
		[]string{
			"internal/e2e.TestKillNineOfHotswap", "internal/e2e.TestHotswapAndItsKeepersAreKilled", "leftovers.txtar", "faults: draining, hotswap and keepers, SIGKILL", "supervisor/proc.TestEverythingEndsWithHotswap",
			"faults: serving, hotswap, SIGKILL", "faults: draining, hotswap, SIGKILL",
		},
	},
	{
		"a foreign process has the process id of an ended process of the program, or its environment",
		"nothing: the foreign process gets no signal and is not ended",
		[]string{
			"supervisor/proc.TestSignalsPassTheNumbersNextOwner", "supervisor/proc.TestMarkerOfWhatWasThereBefore", "supervisor/proc.TestMarkerInAnotherPIDNamespace",
			"faults: serving, old's launcher, SIGKILL; its number becomes a stranger's",
			"faults: serving, hotswap and keeper, SIGKILL; strangers have the program's environment",
		},
	},
	{
		"leftovers cannot be ended, because another start that handles them was stopped, or because a process hangs in the kernel",
		"a line names the process. The start waits at most twelve seconds; a keeper that has to wait looks once a second",
		[]string{"leftovers_locked.txtar", "cmd/hotswap/internal/instance.TestLeftoversThatAnotherHolds", "supervisor/proc.TestKeeperOfWhatDoesNotEndRests"},
	},
	{
		"Ctrl-C once, and twice",
		"the first drains and stops; a second one, at least a second later, stops at once, with exit code 128 plus the signal's number. The terminal is restored",
		[]string{"internal/e2e.TestCtrlCInATerminal", "internal/e2e.TestCtrlCTwiceInATerminal", "signals_twice.txtar", "cmd/hotswap/internal/commands.TestStops"},
	},
	{
		"there are too few inotify watches, or the kernel refuses to watch a folder",
		"a line says so, and hotswap polls the folders that it cannot watch",
		[]string{"watch.TestOnlyWhatIsRefusedIsPolled", "watch.TestPollingSeesWhatTheKernelWouldTell", "cmd/hotswap/internal/doctor.TestDoctorJudgesLimits"},
	},
	{
		"the project is on a network mount, or a host's folder in a virtual machine",
		"hotswap recognises the file system, says so and polls as well, because the kernel does not report changes made on other machines",
		[]string{"watch.TestRemoteFoldersArePolledAsWell", "internal/e2e.TestChangesBelowAMountWithoutEvents"},
	},
	{
		"git is at work: a checkout, a rebase",
		"hotswap waits for git's lock, then makes one swap",
		[]string{"watch.TestBatchWaitsForGitsLock", "watch.TestRebaseAsksForLongerQuiet", "watch.TestStaleLockIsWaitedForOnce"},
	},
	{
		"a program leaves the terminal in raw mode",
		"hotswap restores the terminal after each generation",
		[]string{"internal/e2e.TestTerminalIsRestored", "cmd/hotswap.TestTerminalAfterKillNine"},
	},
	{
		"another program of this user listens at a served address, too (`SO_REUSEPORT`)",
		"a line names it; it gets no client of that address, and saves go on",
		[]string{"handoff/intercept.TestStrangerJoinsAServedPort", "listen_joined.txtar"},
	},
	{
		"two hotswaps begin to listen at one address in the same moment",
		"one does; the other ends with exit code 69",
		[]string{"handoff/reuseport.TestOneOfSeveralGetsThePort", "listen_twice.txtar"},
	},
	{
		"a debugger's port (9229) is in use at a restart",
		"the port stays open and leads to the serving generation, or to a boot that waits for its debugger. It never counts as readiness",
		[]string{
			"supervisor/machine.TestStoryDebuggerIsNotReadiness", "supervisor/machine.TestStoryDebuggerFollowsTheCutover", "supervisor/machine.TestStoryDebuggerIsWaitedFor",
			"handoff/intercept.TestDebuggersPortIsFlagged", "internal/e2e.TestDebuggerFindsTheNewProcess",
		},
	},
	{
		"the old or the new process stands at a breakpoint",
		"the old process's debugger is disconnected at the cutover, so the process goes on. A new process that waits for its debugger is not given up, and a line says so",
		[]string{"internal/e2e.TestSwapOfAProcessAtABreakpoint", "internal/e2e.TestBootThatWaitsForItsDebugger", "debugger_waits.txtar"},
	},
	{
		"a standby ends, listens, grows too large, or is out of date when it is needed",
		"the generation starts cold when nothing of the standby is left. After a second failure in a row hotswap makes no more standbys, and a line says why",
		[]string{"supervisor.TestAheadIsOfNoUse", "supervisor.TestAheadFails", "supervisor.TestAheadEnds", "supervisor/machine.TestStoryStandbyFails", "supervisor/machine.TestStoryStandbyEndsWhileItWaits", "supervisor/proc.TestAheadEndsWithHotswap"},
	},
	{
		"a process that shows what packages do ahead listens, ends, or does not come to its end within the time for a boot",
		"hotswap kills that process; saves and the serving generation are not concerned",
		[]string{"supervisor.TestRehearsalFails", "supervisor.TestRehearsalBesideASwap"},
	},
	{
		"seccomp, pidfd_getfd or the BPF programs are forbidden",
		"a line says which; hotswap uses another mechanism, and `hotswap doctor` explains",
		[]string{
			"internal/e2e.TestPidfdGetfdForbidden", "internal/e2e.TestKeptConnectionsInContainers", "handoff/intercept.TestWithoutPidfdGetfd", "plain_restart.txtar",
			"cmd/hotswap.TestDoctorFindsSeccompForbidden", "cmd/hotswap.TestDoctorFindsPidfdGetfdForbidden", "cmd/hotswap.TestDoctorFindsSteeringForbidden",
		},
	},
	{
		"a database that only one process may have open",
		"hotswap sees that the program has it open. From then on clients wait while the old process stops and the new one starts, as with `--strategy stop-first`, and no acknowledged row is lost",
		[]string{"cmd/hotswap/internal/exclusive.TestLook", "supervisor/machine.TestStoryStopFirstWhileTheNextBoots", "internal/e2e.TestTenSavesOfASingleWriterDatabase", "internal/e2e.TestSQLiteWithAnExclusiveLock", "internal/e2e.TestStopFirst", "faults: waiting, new, SIGKILL", "supervisor/machine.TestStoryStopFirst", "handoff/reuseport.TestHoldKeepsClientsForTheNext"},
	},
	{
		"the machine has no descriptors or no processes left",
		"one line says so, and the old generation goes on serving. When there are some again, everything works as before",
		[]string{"faults: each, hotswap, EMFILE at each descriptor", "faults: serving, hotswap, EMFILE as an adapter connects", "faults: starting, hotswap, EAGAIN: no more processes"},
	},
	{
		"the program opens listeners and closes them",
		"the addresses stay open until the next swap, for one descriptor each. A drain does not wait for clients who wait there. Where descriptors run short, hotswap closes the addresses and names them in a line",
		[]string{
			"handoff/reuseport.TestClosedListener", "handoff/reuseport.TestSpare", "handoff/reuseport.TestProbesAreBounded", "handoff/intercept.TestCloseBeforeAcceptingAndListenAgain",
			"faults: serving, old, opens and closes 400 listeners", "faults: serving, old, opens and closes 400 listeners, hotswap may have 64 descriptors",
		},
	},
	{
		"a helper of the program listens on its address in another network namespace",
		"nothing: that address counts neither as ready nor as served. If the whole program is there, one line says that its address cannot be handed over",
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
		"hotswap is stopped and started again by a socket activator (systemd)",
		"clients wait in the activator's socket and are answered after the next start",
		[]string{"internal/e2e.TestSocketActivator", "internal/e2e.TestSystemdSocketActivate", "handoff/reuseport.TestLentSocketOutlivesAll"},
	},
	{
		"the disk is full",
		"one line says that hotswap cannot write its record, which the next start would need to find leftovers. Everything else works as usual",
		[]string{"cmd/hotswap.TestRecordOnAFullDisk", "supervisor/record.TestFullDisk", "faults: each, hotswap, ENOSPC: the disk of its record is full"},
	},
	{
		"hotswap or the program is stopped for a while: Ctrl-Z, a frozen container, a sleeping machine",
		"while hotswap is stopped, the program serves its clients; while the program is stopped, they wait. Then everything goes on",
		[]string{
			"cmd/hotswap.TestCtrlZ", "faults: serving, hotswap, SIGSTOP for 2 s", "faults: in bind, hotswap, SIGSTOP for 2 s",
			"faults: cutover, new, SIGSTOP for 2 s", "faults: serving, old, SIGSTOP for good, then a swap",
		},
	},
	{
		"hotswap's output is not read, or is closed",
		"hotswap goes on, and answers commands and signals. A program that writes waits in its own write(2), as it would without hotswap. A reader that comes back is told how many of hotswap's lines are missing",
		[]string{"faults: each, hotswap, its output is a full pipe, and never read", "faults: each, hotswap, its output is a full pipe, then read again", "cmd/hotswap/internal/ui.TestAsyncWriterLeavesOutAndCounts", "faults: each, hotswap, nobody reads its output", "faults: each, hotswap, its output is closed", "cmd/hotswap/internal/ui.TestAsyncWriterDoesNotBlock"},
	},
}
