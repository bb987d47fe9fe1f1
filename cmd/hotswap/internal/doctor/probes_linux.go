package doctor

// probes returns all probes in their order: each may rely on the findings before it.
func probes() []probe {
	return append([]probe{
		{IDSystem, "system", trySystem},
		{IDSeccomp, "seccomp notification", trySeccomp},
		{IDWait, "uninterrupted wait", tryWaitKillable},
		{IDKeeper, "keeper", tryKeeper},
		{IDGetFD, "pidfd_getfd", tryGetFD},
		{IDMemory, "reading memory", tryMemory},
		{IDAddFD, "ADDFD injection", tryAddFD},
		{IDSteer, "steering", trySteer},
		{IDLeave, "leaving a group", tryLeave},
		{IDSockDiag, "sock_diag", trySockDiag},
		{IDSwap, "a whole swap", trySwap},
		{IDInotify, "inotify", tryInotify},
		{IDEvents, "events here", tryEvents},
		{"somaxconn", "listen backlog", tryBacklog},
		{"files", "open files", tryFiles},
	}, surroundings...)
}
