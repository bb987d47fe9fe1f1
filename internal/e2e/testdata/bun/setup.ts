(globalThis as any).setup = 'ran'
