package main

// probes are tried in this order: each may rely on what those before it found.
func probes() []probe {
	return append([]probe{
		{idSystem, "system", trySystem},
		{idSeccomp, "seccomp notification", trySeccomp},
		{idWait, "uninterrupted wait", tryWaitKillable},
		{idKeeper, "keeper", tryKeeper},
		{idGetFD, "pidfd_getfd", tryGetFD},
		{idMemory, "reading memory", tryMemory},
		{idAddFD, "ADDFD injection", tryAddFD},
		{idSteer, "steering", trySteer},
		{idLeave, "leaving a group", tryLeave},
		{idSockDiag, "sock_diag", trySockDiag},
		{idSwap, "a whole swap", trySwap},
		{idInotify, "inotify", tryInotify},
		{idEvents, "events here", tryEvents},
		{"somaxconn", "listen backlog", tryBacklog},
		{"files", "open files", tryFiles},
	}, surroundings...)
}
