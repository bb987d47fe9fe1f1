// Package systemd speaks with the service manager that started hotswap: it takes over the
// sockets that the manager passed (socket activation), tells it how the service goes
// (sd_notify) and feeds its watchdog. Other managers that speak the same protocols are
// served the same way.
package systemd
