/** Preloaded into the servers' process: its stdin closes when the demo is gone, however it went, and it ends too. */
process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
