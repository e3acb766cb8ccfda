/**
 * Runs the program `stgan`. Scripts use it to write weights files, so that only one program writes
 * the format.
 */
import { readFileSync } from 'node:fs';
import { output } from '../scripts/project.mjs';

/** Builds the program if necessary, runs a command of it and returns its output. */
export const stgan = (...args) => output('cargo', ['run', '--release', '--quiet', '--', ...args.map(String)]);

/**
 * Options of `stgan init` that give biases and last layers of the magnitude of a trained network.
 * An implementation that ignores one of them then gives a different output.
 */
export const TRAINED_MAGNITUDE = ['--biases', '0.1', '--last-gain', String(Math.SQRT1_2)];

/** Reads a file into an `ArrayBuffer`. */
export const bytesOf = (file) => new Uint8Array(readFileSync(file)).buffer;
