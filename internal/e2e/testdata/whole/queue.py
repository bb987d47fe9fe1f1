# Answers each client, and logs who that is. Version 2 accepts hotswap's own connection alone, and ends when it is told to.
import os
import socket
import struct
import sys
import time

VERSION = 1
where = os.environ.get("SOCKET")
os.umask(0)
server = socket.socket(socket.AF_UNIX if where else socket.AF_INET)
if not where:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(where or (os.environ["HOST"], int(os.environ["PORT"])))
server.listen(100)
while True:
    client, address = server.accept()
    if VERSION == 2:
        while not os.path.exists(os.environ["CRASH"]):
            time.sleep(0.01)
        sys.exit("told to crash")
    who = "user %d" % struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1] if where else address[0]
    try:
        client.settimeout(10)
        if request := client.recv(4096):
            with open(os.environ["LOG"], "a") as file:
                file.write(f"{who} asks for {request.split()[1].decode()}\n")
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    except OSError:
        pass
    client.close()
