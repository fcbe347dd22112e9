/** After `npm test`: says what it left out. A run of some files or titles leaves out much more, and says nothing. */
export function teardown(): void {
  if (process.argv.slice(2).some((word) => word !== 'run')) return;
  process.stdout.write(
    '\n Left out: the tests that need PostgreSQL and Redis; npm run test:services runs them.\n',
  );
}
