// Package systemd speaks with the service manager that started hotswap: it takes over the
// sockets that the manager passed (socket activation), reports the state of the service
// (sd_notify), and tells the manager's watchdog that hotswap lives. It works with every manager that speaks these protocols.
package systemd
