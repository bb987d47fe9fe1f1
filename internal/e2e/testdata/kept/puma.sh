exec /usr/bin/puma -q -t 16:40 -p "$PORT"
