package intercept

// Ports says which other ports stand for those in a program's code. Any goroutine may call the methods.
type Ports interface {
	// Bind returns the port that a program binds instead of one; 0: that one.
	Bind(port uint16) uint16
	// Connect returns the port to which a program connects instead of one of this machine; 0: that one.
	Connect(port uint16) uint16
	// Listens says that a program listens at a port, which may stand for one in its code.
	Listens(port uint16)
}
