# This program says which descriptors and which variables it was given.
import os, sys
given = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
given = [(fd, os.readlink("/proc/self/fd/%d" % fd)) for fd in given if os.path.exists("/proc/self/fd/%d" % fd)]
names = sorted(k for k in os.environ if k != "HOTSWAP_GENERATION")
with open("census." + os.environ["HOTSWAP_GENERATION"], "w") as f: print(given, names, file=f)
sys.argv = ["server.py"]
exec(open("server.py").read())
