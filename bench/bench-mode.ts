/** How thorough a run is: `--quick` is for a look at it, the full run for figures that are written down. */
export const isQuick = process.argv.includes('--quick');
