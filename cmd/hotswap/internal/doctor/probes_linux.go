package doctor

// probes are tried in this order: each may rely on what those before it found.
func Probes() []probe {
	return append([]probe{
		{IdSystem, "system", trySystem},
		{IdSeccomp, "seccomp notification", trySeccomp},
		{IdWait, "uninterrupted wait", tryWaitKillable},
		{IdKeeper, "keeper", tryKeeper},
		{IdGetFD, "pidfd_getfd", tryGetFD},
		{IdMemory, "reading memory", tryMemory},
		{IdAddFD, "ADDFD injection", tryAddFD},
		{IdSteer, "steering", trySteer},
		{IdLeave, "leaving a group", tryLeave},
		{IdSockDiag, "sock_diag", trySockDiag},
		{IdSwap, "a whole swap", trySwap},
		{IdInotify, "inotify", tryInotify},
		{IdEvents, "events here", tryEvents},
		{"somaxconn", "listen backlog", tryBacklog},
		{"files", "open files", tryFiles},
	}, surroundings...)
}
