// Preloaded into a server’s process: SIGUSR2 moves its wall clock on by two hours.
let shiftMs = 0;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};

process.on('SIGUSR2', () => {
  shiftMs += 7_200_000;
  process.stderr.write('clock: moved\n');
});
