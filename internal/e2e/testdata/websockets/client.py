"""python3 client.py PORT CLIENTS PATH: clients by the library websockets, until
standard input ends; they report as those in JavaScript do."""
import asyncio, json, re, sys, time
import websockets

port, clients, path = sys.argv[1:4]
over = False
tally = {'opened': 0, 'sent': 0, 'owed': 0, 'moved': 0, 'other': 0, 'closes': {}, 'back': [], 'longest': 0, 'versions': {},
         **{kind: {'received': 0, 'lost': 0, 'doubled': 0, 'disordered': 0} for kind in ('echoes', 'pushes')}}


class Connection:
    def __init__(self, first):
        self.first = self.last = first
        self.due = {'echoes': first}
        self.missing = {'echoes': set(), 'pushes': set()}
        self.echoed, self.heard, self.version = 0, time.monotonic(), None

    def take(self, kind, n):
        t, missing, due = tally[kind], self.missing[kind], self.due.get(kind, n)
        t['received'] += 1
        if n >= due:
            missing.update(range(due, n))
            t['lost'] += n - due
            self.due[kind] = n + 1
        elif n in missing:
            missing.remove(n)
            t['lost'] -= 1
            t['disordered'] += 1
        else:
            t['doubled'] += 1
            return
        self.echoed += kind == 'echoes'

    def hear(self, m, mine):
        now = time.monotonic()
        tally['longest'], self.heard = max(tally['longest'], (now - self.heard) * 1000), now
        if m['version'] != self.version:
            tally['moved'] += self.version is not None
            self.leave()
            self.version = m['version']
            tally['versions'][self.version] = tally['versions'].get(self.version, 0) + 1
        if 'event' in m:
            return self.take('pushes', m['event'])
        who, number = re.fullmatch(r'(.*) message (\d+)', m['echo']).groups()
        if who != mine or not self.first <= int(number) < self.last:
            tally['other'] += 1
        else:
            self.take('echoes', int(number))

    def leave(self):
        if self.version is not None:
            tally['versions'][self.version] -= 1

    def whole(self):
        return self.echoed == self.last - self.first


async def client(name):
    number, ended = 1, None
    while not over:
        try:
            socket = await websockets.connect(f'ws://127.0.0.1:{port}{path}')
        except (OSError, websockets.WebSocketException):
            tally['closes'][1006] = tally['closes'].get(1006, 0) + 1
            await asyncio.sleep(0.01)
            continue
        tally['opened'] += 1
        if ended:
            tally['back'].append((time.monotonic() - ended) * 1000)
        c = Connection(number)

        async def speak():
            late = 0
            while True:
                await asyncio.sleep(0.04)
                if not over:
                    c.last += 1
                    tally['sent'] += 1
                    await socket.send(f'{name} message {c.last - 1}')
                elif c.whole() or (late := late + 1) > 100:
                    return await socket.close()

        speaking = asyncio.create_task(speak())
        try:
            async for text in socket:
                c.hear(json.loads(text), name)
        except websockets.ConnectionClosed:
            pass
        ended = time.monotonic()
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        tally['owed'] += c.last - c.first - c.echoed - len(c.missing['echoes'])
        c.leave()
        number = c.last
        if not over or socket.close_code != 1000:
            tally['closes'][socket.close_code] = tally['closes'].get(socket.close_code, 0) + 1


def say():
    print(json.dumps({**tally, 'over': over}), flush=True)


async def main():
    global over
    everybody = asyncio.gather(*(client(f'client {n + 1}') for n in range(int(clients))))
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not ended.done():
        await asyncio.sleep(0.05)
        say()
    over = True
    await everybody
    say()


asyncio.run(main())
